using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;

namespace Ark.Training;

/// <summary>Which heads a run's network has, and which of their outputs answer each dataset.</summary>
internal static class HeadPlan
{
    /// <summary>The heads in order: those of the model that the run goes on from, then one for each new dataset.</summary>
    /// <param name="order">How datasets share epochs.</param>
    /// <param name="datasets">The run's datasets.</param>
    /// <param name="kept">Heads that the model has already; their datasets need not take part any more.</param>
    /// <exception cref="ArkInputException">A dataset has a head already, of other labels.</exception>
    public static IReadOnlyList<ArkHead> Heads(TaskOrder order, IReadOnlyList<PreparedDataset> datasets, IReadOnlyList<ArkHead> kept)
    {
        ArkHead[] wanted = order == TaskOrder.SingleHead
            ? [new ArkHead(MergedHead.Name, Merge(datasets))]
            : [.. datasets.Select(d => new ArkHead(d.Name, d.Labels))];
        foreach (var head in wanted)
        {
            var same = kept.FirstOrDefault(k => k.Name == head.Name);
            if (same is null || same.Labels == head.Labels) continue;
            throw new ArkInputException("training options", "'init'", $"the model has a head '{head.Name}' with other labels: "
                + $"{string.Join(", ", same.Labels.Names)}",
                order == TaskOrder.SingleHead
                    ? "Merged labels cannot grow: begin anew, or choose another 'TaskOrder'."
                    : "Give the dataset another name, or the same labels in the same order.");
        }

        return [.. kept, .. wanted.Where(w => kept.All(k => k.Name != w.Name))];
    }

    /// <summary>For each dataset, which outputs answer it.</summary>
    public static TaskHead[] Tasks(TaskOrder order, IReadOnlyList<PreparedDataset> datasets, IReadOnlyList<ArkHead> heads)
    {
        int Index(string name) => heads.Select(h => h.Name).ToList().IndexOf(name);
        if (order != TaskOrder.SingleHead) return [.. datasets.Select(d => new TaskHead(d.Labels.Task, Index(d.Name)))];
        var merged = heads[Index(MergedHead.Name)].Labels.Names.Select(MergedHead.Folded).ToList();
        return [.. datasets.Select(d => new TaskHead(
            d.Labels.Task, Index(MergedHead.Name), [.. d.Labels.Names.Select(n => merged.IndexOf(MergedHead.Folded(n)))]))];
    }

    private static LabelSchema Merge(IReadOnlyList<PreparedDataset> datasets)
    {
        foreach (var data in datasets)
        {
            if (data.Labels.Names.GroupBy(MergedHead.Folded).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new ArkInputException(
                    "training options",
                    "'task-order'",
                    $"the labels '{string.Join("' and '", twice)}' of {data.Name} become one in a merged head",
                    "Rename one of them.");
        }

        return new LabelSchema(LabelTask.MultiLabel, [.. datasets.SelectMany(d => d.Labels.Names).DistinctBy(MergedHead.Folded)]);
    }
}

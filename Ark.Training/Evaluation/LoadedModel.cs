using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>A model with what one must know to use it. Owns the model.</summary>
public sealed class LoadedModel : IDisposable
{
    private LoadedModel(string checkpoint, ArkModel model, ModelDescription description, ModelRole weights, Device device)
    {
        Checkpoint = checkpoint;
        Model = model;
        Description = description;
        Weights = weights;
        Device = device;
    }

    /// <summary>The file that it was loaded from.</summary>
    public string Checkpoint { get; }

    /// <summary>The network, in evaluation mode.</summary>
    public ArkModel Model { get; }

    /// <summary>Its shape, its input and its heads.</summary>
    public ModelDescription Description { get; }

    /// <summary>Which of a run's two networks it is.</summary>
    public ModelRole Weights { get; }

    /// <summary>Where it lives.</summary>
    public Device Device { get; }

    /// <summary>Loads one network of a checkpoint that a run wrote, or the model of a file of the original Ark or Ark+.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="weights">Which network.</param>
    /// <param name="device">Where it shall live: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="ArkInputException">The file is no whole checkpoint, or its model is not recognised.</exception>
    public static LoadedModel Load(string path, ModelRole weights = ModelRole.Teacher, string device = "cpu")
    {
        NativeRuntime.Ensure();
        var target = ComputeDevice.Of(device);
        var index = CheckpointFile.ReadIndex(path);
        var (model, description) = TrainingCheckpoint.IsDescribedBy(index) ? TrainingCheckpoint.LoadNetwork(path, weights) : ForeignCheckpoint.Load(index, weights);
        using var unfinished = new Unfinished();
        unfinished.Keep(model).to(target);
        model.eval();
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        unfinished.Finish();
        return new LoadedModel(path, model, description, weights, target);
    }

    /// <summary>A network of the same shape with weights that were never trained, for comparison.</summary>
    /// <param name="seed">What the weights are drawn from.</param>
    /// <returns>The model; the caller disposes it.</returns>
    internal LoadedModel Untrained(ulong seed)
    {
        using var generator = new Generator(seed);
        using var unfinished = new Unfinished();
        var model = unfinished.Keep(new ArkModel(Model.Configuration, generator));
        model.to(Device);
        model.eval();
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        unfinished.Finish();
        return new LoadedModel(Checkpoint, model, Description, Weights, Device);
    }

    /// <summary>Disposes the network.</summary>
    public void Dispose() => Model.Dispose();

    /// <summary>The head that reads a dataset: of the same name, or else the only one with the same labels.</summary>
    /// <param name="dataset">The dataset's name; case does not matter.</param>
    /// <param name="labels">Its labels; their order may be another than the head's.</param>
    /// <returns>The head, and the head's output for each label of the dataset.</returns>
    internal HeadChoice HeadOf(string dataset, LabelSchema labels)
    {
        var heads = Description.Heads;
        var known = string.Join(", ", heads.Select(h => $"{h.Key} ({h.Value.Count})"));
        var named = Enumerable.Range(0, heads.Count).Where(i => string.Equals(heads[i].Key, dataset, StringComparison.OrdinalIgnoreCase)).OrderByDescending(i => heads[i].Key == dataset).ToList();
        // A merged head answers every dataset whose labels went into it.
        if (named.Count == 0 && heads.ToList().FindIndex(h => h.Key == HeadPlan.Merged) is >= 0 and var merged && ColumnsIn(heads[merged].Value, labels) is { } columns) return new HeadChoice(merged, columns);
        var alike = Enumerable.Range(0, heads.Count).Where(i => HaveSameNames(heads[i].Value, labels)).ToList();
        if (named.Count == 0 && alike.Count != 1)
        {
            throw new ArkInputException("checkpoint", $"head '{dataset}'", "the model has no head of that name, and " + (alike.Count == 0 ? "none with the dataset's labels" : "several with the dataset's labels"),
                $"Name the dataset as the head is named. It has: {known}.");
        }

        var head = named.Count > 0 ? named[0] : alike[0];
        if (!HaveSameNames(heads[head].Value, labels))
        {
            throw new ArkInputException("checkpoint", $"head '{dataset}'", $"was trained on other labels than the dataset's: {string.Join(", ", heads[head].Value.Names)}",
                "Give the dataset the same labels.");
        }

        var order = labels.Names.Select(name => heads[head].Value.Names.ToList().IndexOf(name)).ToArray();
        return new HeadChoice(head, order.SequenceEqual(Enumerable.Range(0, order.Length)) ? null : order);
    }

    private static int[]? ColumnsIn(LabelSchema merged, LabelSchema labels)
    {
        var known = merged.Names.Select(HeadPlan.Folded).ToList();
        int[] columns = [.. labels.Names.Select(n => known.IndexOf(HeadPlan.Folded(n)))];
        return columns.Contains(-1) ? null : columns;
    }

    private static bool HaveSameNames(LabelSchema one, LabelSchema other) => one.Count == other.Count && one.Names.ToHashSet(StringComparer.Ordinal).SetEquals(other.Names);
}

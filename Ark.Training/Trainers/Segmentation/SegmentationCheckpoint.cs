using Ark.Inference;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>The checkpoints of a segmentation training, laid out as those of pretraining; see <see cref="TrainingCheckpoint"/>.</summary>
internal static class SegmentationCheckpoint
{
    // What changes neither weights nor records of a run, or names something that may have been moved.
    internal static readonly HashSet<string> MayDiffer = ["init", "key", "workers", "device"];

    /// <summary>Writes a checkpoint in place of an older one.</summary>
    public static void Save(string path, UperNet network, StudentOptimizer optimizer, SegmentationDescription description, SegmentationOptions options, PreparedSegmentation data, SegmentationPosition position)
    {
        using var scope = NewDisposeScope();
        var state = new OrderedDictionary<string, Tensor>();
        foreach (var (name, value) in network.state_dict()) state.Add(name, value.cpu());
        PyTorchFile.Save(path, new OrderedDictionary<string, object?>
        {
            ["epoch"] = (long)position.Epoch - 1,
            // A list, as pretraining has it: a tensor beside the state dict would be taken for one of its own.
            ["lossMIN"] = new List<object?> { TrainingCheckpoint.Real(position.BestLoss) },
            ["state_dict"] = state,
            ["optimizer"] = TrainingCheckpoint.Storable(optimizer.ExportState()),
            ["scheduler"] = new OrderedDictionary<string, object?> { ["last_epoch"] = (long)position.Epoch, ["last_lr"] = TrainingCheckpoint.Real(optimizer.LearningRate) },
            ["ark"] = new OrderedDictionary<string, object?>
            {
                ["kind"] = DescribedCheckpoint.SegmentationKind,
                ["format"] = SegmentationModelFile.FormatVersion,
                ["version"] = typeof(SegmentationCheckpoint).Assembly.GetName().Version!.ToString(3),
                ["model"] = description.Encode(),
                ["options"] = new OrderedDictionary<string, object?>(SegmentationSettings.All.Where(s => s.Format(options) is not null).Select(s => KeyValuePair.Create(s.Name, (object?)s.Format(options)))),
                ["data"] = new OrderedDictionary<string, object?> { [data.Name] = data.Digest },
                ["position"] = new OrderedDictionary<string, object?>
                {
                    ["epoch"] = (long)position.Epoch,
                    ["step"] = (long)position.Step,
                    ["images"] = (long)position.Images,
                    ["loss_sum"] = TrainingCheckpoint.Real(position.LossSum),
                    ["total_steps"] = position.TotalSteps,
                    ["best_epoch"] = (long)position.BestEpoch,
                    ["best_loss"] = TrainingCheckpoint.Real(position.BestLoss),
                    ["metrics_length"] = position.MetricsLength,
                },
            },
        });
    }

    /// <summary>What the checkpoint of an unfinished run says of its network, so that the file which the run began with is needed no more.</summary>
    /// <exception cref="ArkInputException">It belongs to a run with other options, structures or lists.</exception>
    public static SegmentationDescription ReadDescription(string path, SegmentationOptions options, PreparedSegmentation data)
    {
        using var scope = NewDisposeScope();
        var (_, ark) = SegmentationModelFile.Read(path);
        var stored = ark.Section("options");
        var defaults = new SegmentationOptions();
        foreach (var setting in SegmentationSettings.All.Where(s => !MayDiffer.Contains(s.Name))) TrainingCheckpoint.RequireSameOption(path, stored, setting.Name, setting.Format(options), setting.Format(defaults));
        var description = SegmentationDescription.Decode(path, ark.Section("model"));
        if (!description.Network.Structures.SequenceEqual(data.Structures, StringComparer.Ordinal))
            throw new ArkInputException(path, "key 'ark.model'", "is a checkpoint of other structures", "Resume with the catalogue that the run began with.");
        TrainingCheckpoint.RequireSameData(path, ark, data.Name, data.Digest);
        description.RequirePlausible(path);
        return description with { Network = description.Network with { Backbone = description.Network.Backbone with { DropPathRate = options.DropPathRate } } };
    }

    /// <summary>Puts network, optimiser and position back to where a checkpoint of the same run left them.</summary>
    public static SegmentationPosition Load(string path, UperNet network, StudentOptimizer optimizer)
    {
        using var scope = NewDisposeScope();
        var (root, ark) = SegmentationModelFile.Read(path);
        DescribedCheckpoint.Fill(path, "state_dict", network.state_dict(), root);
        optimizer.ImportState(root.Section("optimizer").Section("state"));
        var position = ark.Section("position");
        return new SegmentationPosition
        {
            Epoch = position.Whole("epoch"),
            Step = position.Whole("step"),
            Images = position.Whole("images"),
            LossSum = position.Real("loss_sum"),
            TotalSteps = position.Whole("total_steps"),
            BestEpoch = position.Whole("best_epoch"),
            BestLoss = position.Real("best_loss"),
            MetricsLength = position.Whole("metrics_length"),
        };
    }
}

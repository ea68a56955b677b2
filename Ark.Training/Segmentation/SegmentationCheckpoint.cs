using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>The checkpoints of a segmentation training, laid out as those of pretraining; see <see cref="TrainingCheckpoint"/>.</summary>
internal static class SegmentationCheckpoint
{
    /// <summary>What the key <c>ark.kind</c> says.</summary>
    public const string Kind = "segmentation";

    private const long FormatVersion = 1;

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
                ["kind"] = Kind,
                ["format"] = FormatVersion,
                ["version"] = typeof(SegmentationCheckpoint).Assembly.GetName().Version!.ToString(3),
                ["model"] = description.Encode(),
                ["options"] = OptionTables.Segmentation.ToCheckpoint(options),
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
        var (_, ark) = Read(path);
        OptionTables.Segmentation.RequireSame(path, ark.Section("options"), options);
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
        var (root, ark) = Read(path);
        TrainingCheckpoint.Fill(path, "state_dict", network.state_dict(), root);
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

    /// <summary>Builds the network of a checkpoint, in evaluation mode.</summary>
    public static (UperNet Network, SegmentationDescription Description, int Epoch) LoadNetwork(string path)
    {
        using var scope = NewDisposeScope();
        var (root, ark) = Read(path);
        var description = SegmentationDescription.Decode(path, ark.Section("model"));
        description.RequirePlausible(path);
        var network = Build(path, description);
        try
        {
            TrainingCheckpoint.Fill(path, "state_dict", network.state_dict(), root);
            network.eval();
            return (network, description, ark.Section("position").Whole("epoch"));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static UperNet Build(string path, SegmentationDescription description)
    {
        try
        {
            return new UperNet(description.Network);
        }
        catch (Exception e) when (e is ArkInputException or ArgumentException or System.Runtime.InteropServices.ExternalException)
        {
            throw new ArkInputException(path, "key 'ark.model'", $"does not describe a network: {e.Message.Split('\n')[0]}", "Give a checkpoint that 'ark segment train' wrote.", e);
        }
    }

    private static (CheckpointSection Root, CheckpointSection Ark) Read(string path)
    {
        const string mend = "Give a checkpoint that 'ark segment train' wrote (checkpoints/best.pth.tar).";
        if (CheckpointFile.ReadIndex(path).Format == CheckpointFormat.Safetensors) throw new ArkInputException(path, null, "holds no segmentation network", mend);
        if (PyTorchFile.Load(path) is not PickleDictionary content) throw new ArkInputException(path, null, "holds no dictionary", mend);
        var root = new CheckpointSection(path, "", content);
        if (!root.Has("ark") || root.Section("ark") is not { } ark || !ark.Has("kind") || ark.Text("kind") != Kind) throw new ArkInputException(path, null, "holds no segmentation network", mend);
        if (ark.Whole("format") > FormatVersion) throw new ArkInputException(path, "key 'ark.format'", "was written by a newer version of Ark", "Update Ark.");
        return (root, ark);
    }
}

using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// The checkpoints of a run: the keys of the published code (<c>epoch, lossMIN, state_dict, teacher, optimizer, scheduler</c>) and, under
/// <c>ark</c>, what makes the file describe itself and lets the run go on with its next step. Python's <c>torch.load(weights_only=True)</c>
/// reads them; because that of torch 1.13 knows no plain floats, they are kept as tensors without dimensions.
/// </summary>
internal static class TrainingCheckpoint
{
    // Digests of the lists of pretraining were others before.
    private const long FirstWithFolders = 3;

    /// <summary>Writes a checkpoint in place of an older one.</summary>
    public static void Save(string path, ITrainingTask task, TrainingPosition position)
    {
        using var scope = NewDisposeScope();
        var root = new OrderedDictionary<string, object?>
        {
            ["epoch"] = (long)position.Epoch - 1,
            ["lossMIN"] = position.ValidationLosses.Select(object? (l) => Float64(l)).ToList(),
        };
        foreach (var (key, network) in task.Networks) root[key] = StateOf(network);
        root["optimizer"] = Storable(task.Optimizer.ExportState());
        root["scheduler"] = new OrderedDictionary<string, object?>
        {
            ["last_epoch"] = (long)position.Epoch,
            ["last_lr"] = Float64(task.Optimizer.LearningRate),
        };
        root["ark"] = Describe(task, position);
        PyTorchFile.Save(path, root);
    }

    /// <summary>Puts networks, optimizer and position back to where a checkpoint of the same run left them.</summary>
    /// <exception cref="ArkInputException">It is one of another model, was trained with other options, or on other images or
    /// labels.</exception>
    public static TrainingPosition Load(string path, ITrainingTask task)
    {
        using var scope = NewDisposeScope();
        var (root, ark) = Read(path, task.Description.Kind);
        task.RequireSameModel(path, ark.GetSection("model"));
        RequireSameRun(path, ark, task.Description);
        foreach (var (key, network) in task.Networks) DescribedCheckpoint.Fill(path, key, network.state_dict(), root);
        task.Optimizer.ImportState(root.GetSection("optimizer").GetSection("state"));
        task.Optimizer.LearningRate = root.GetSection("scheduler").GetDouble("last_lr");
        var stored = ark.GetSection("position");
        return task.Restore(stored, PositionOf(stored) with { ValidationLosses = root.GetDoubleArray("lossMIN") });
    }

    /// <summary>Reads a checkpoint of a kind of run; its tensors belong to the dispose scope of the caller.</summary>
    public static (CheckpointSection Root, CheckpointSection Ark) Read(string path, string? kind) =>
        kind == DescribedCheckpoint.SegmentationKind ? SegmentationModelFile.Read(path) : DescribedCheckpoint.Read(path);

    /// <summary>Refuses to go on with other options, or with other lists, than a run began with.</summary>
    /// <exception cref="ArkInputException">They differ; the message names the first.</exception>
    public static void RequireSameRun(string path, CheckpointSection ark, StateDescription description)
    {
        if (ark.ContainsKey("options")) description.RequireSameOptions(path, ark.GetSection("options"));
        if (description.Kind is null && ark.GetInt32("format") < FirstWithFolders) return;
        // Of a dataset that is new to the run nothing is stored.
        if (!ark.ContainsKey("data") || ark.GetSection("data") is not { } data) return;
        foreach (var (dataset, digest) in description.Data)
        {
            if (data.ContainsKey(dataset) && data.GetString(dataset) != digest)
            {
                throw new ArkInputException(path, $"dataset '{dataset}'", "has other images or labels now than when the run began",
                    "Restore its lists, or begin a new run with this checkpoint as its initial weights.");
            }
        }
    }

    private static OrderedDictionary<string, object?> Describe(ITrainingTask task, TrainingPosition position)
    {
        var ark = new OrderedDictionary<string, object?>();
        var description = task.Description;
        if (description.Kind is { } kind) ark["kind"] = kind;
        ark["format"] = description.Format;
        ark["version"] = typeof(TrainingCheckpoint).Assembly.GetName().Version!.ToString(3);
        ark["model"] = description.Model;
        ark["options"] = description.Options;
        ark["data"] = new OrderedDictionary<string, object?>(description.Data.Select(d => KeyValuePair.Create(d.Key, (object?)d.Value)));
        var stored = new OrderedDictionary<string, object?>
        {
            ["epoch"] = (long)position.Epoch,
            ["pass"] = (long)position.Pass,
            ["step"] = (long)position.Step,
            ["images"] = (long)position.Images,
            ["loss_sums"] = position.LossSums.Select(object? (l) => Float64(l)).ToList(),
            ["total_steps"] = position.TotalSteps,
            ["best_epoch"] = (long)position.BestEpoch,
            ["best_validation_loss"] = Float64(position.BestLoss),
            ["metrics_length"] = position.MetricsLength,
        };
        task.Store(stored);
        ark["position"] = stored;
        return ark;
    }

    // Segmentation had other names for a part of it, and no passes.
    private static TrainingPosition PositionOf(CheckpointSection stored) => new()
    {
        Epoch = stored.GetInt32("epoch"),
        Pass = stored.ContainsKey("pass") ? stored.GetInt32("pass") : 0,
        Step = stored.GetInt32("step"),
        Images = stored.GetInt32("images"),
        LossSums = stored.ContainsKey("loss_sums") ? stored.GetDoubleArray("loss_sums") : [stored.GetDouble("loss_sum")],
        TotalSteps = stored.GetInt32("total_steps"),
        BestEpoch = stored.ContainsKey("best_epoch") ? stored.GetInt32("best_epoch") : 0,
        BestLoss = stored.GetDouble(stored.ContainsKey("best_validation_loss") ? "best_validation_loss" : "best_loss"),
        MetricsLength = stored.GetInt32("metrics_length"),
    };

    private static Tensor Float64(double value) => tensor(value, ScalarType.Float64);

    private static object? Storable(object? value) => value switch
    {
        double number => Float64(number),
        List<object?> list => list.Select(Storable).ToList(),
        OrderedDictionary<string, object?> named =>
            new OrderedDictionary<string, object?>(named.Select(e => KeyValuePair.Create(e.Key, Storable(e.Value)))),
        OrderedDictionary<object, object?> keyed =>
            new OrderedDictionary<object, object?>(keyed.Select(e => KeyValuePair.Create(e.Key, Storable(e.Value)))),
        _ => value,
    };

    private static OrderedDictionary<string, Tensor> StateOf(nn.Module network)
    {
        var state = new OrderedDictionary<string, Tensor>();
        foreach (var (name, value) in network.state_dict()) state.Add(name, value.cpu());
        return state;
    }
}

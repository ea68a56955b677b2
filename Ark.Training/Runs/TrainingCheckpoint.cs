using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// The checkpoints of a run: the keys of the published code (<c>epoch, lossMIN, state_dict, teacher, optimizer, scheduler</c>) and, under <c>ark</c>, what makes the file
/// describe itself and lets the run go on with its next step. Python's <c>torch.load(weights_only=True)</c> reads them; because that of torch 1.13 knows no plain
/// floats, they are kept as tensors without dimensions.
/// </summary>
internal static class TrainingCheckpoint
{
    private const long FormatVersion = 3;

    // Digests of lists were others before.
    private const long FirstWithFolders = 3;

    /// <summary>Writes a checkpoint in place of an older one.</summary>
    public static void Save(string path, KnowledgeAccrual accrual, ModelDescription description, TrainingOptions options, IReadOnlyList<PreparedDataset> datasets, TrainingPosition position)
    {
        using var scope = NewDisposeScope();
        PyTorchFile.Save(path, new OrderedDictionary<string, object?>
        {
            ["epoch"] = (long)position.Epoch - 1,
            ["lossMIN"] = position.ValidationLosses.Select(object? (l) => Real(l)).ToList(),
            ["state_dict"] = StateOf(accrual.Student),
            ["teacher"] = StateOf(accrual.Teacher),
            ["optimizer"] = Storable(accrual.Optimizer.ExportState()),
            ["scheduler"] = new OrderedDictionary<string, object?> { ["last_epoch"] = (long)position.Epoch, ["last_lr"] = Real(accrual.Optimizer.LearningRate) },
            ["ark"] = new OrderedDictionary<string, object?>
            {
                ["format"] = FormatVersion,
                ["version"] = typeof(TrainingCheckpoint).Assembly.GetName().Version!.ToString(3),
                ["model"] = DescriptionCodec.Encode(description),
                ["options"] = OptionTables.Training.ToCheckpoint(options),
                ["data"] = new OrderedDictionary<string, object?>(datasets.Select(d => KeyValuePair.Create(d.Name, (object?)d.Digest))),
                ["position"] = PositionOf(position, accrual),
            },
        });
    }

    /// <summary>Puts networks, optimiser and position back to where a checkpoint of the same run left them.</summary>
    /// <exception cref="ArkInputException">It is one of another model, was trained with other options, or on other images or labels.</exception>
    public static TrainingPosition Load(string path, KnowledgeAccrual accrual, TrainingOptions options, ModelDescription description, IReadOnlyList<PreparedDataset> datasets)
    {
        using var scope = NewDisposeScope();
        var (root, ark) = Read(path);
        var saved = DescriptionCodec.Decode(path, ark.Section("model"));
        if (!saved.IsSameAs(description))
            throw new ArkInputException(path, "key 'ark.model'", "is a checkpoint of another model or of other datasets", "Resume with the catalogue and the options that the run began with.");
        RequireSame(path, ark, options, datasets);
        Fill(path, "state_dict", accrual.Student, root);
        Fill(path, "teacher", accrual.Teacher, root);
        accrual.Optimizer.ImportState(root.Section("optimizer").Section("state"));
        var position = ark.Section("position");
        accrual.Optimizer.LearningRate = root.Section("scheduler").Real("last_lr");
        accrual.GoOnFrom(position.Whole("schedule_index"), position.Whole("pass_start_index"));
        accrual.Teacher.train(position.Truth("teacher_in_training_mode"));
        return new TrainingPosition
        {
            Epoch = position.Whole("epoch"),
            Pass = position.Whole("pass"),
            Step = position.Whole("step"),
            Images = position.Whole("images"),
            LossSums = position.Reals("loss_sums"),
            TotalSteps = position.Whole("total_steps"),
            BestValidationLoss = position.Real("best_validation_loss"),
            ValidationLosses = root.Reals("lossMIN"),
            MetricsLength = position.Whole("metrics_length"),
        };
    }

    /// <summary>What a checkpoint says of its model, without its tensors.</summary>
    /// <returns>The description; <see langword="null"/> where there is no such file, or it is damaged (loading it says how).</returns>
    public static ModelDescription? ReadDescription(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return CheckpointFile.ReadIndex(path).Root is PickleDictionary root ? DescriptionCodec.Decode(path, new CheckpointSection(path, "", root).Section("ark").Section("model")) : null;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    /// <summary>Whether a file is one of ours, and so says itself which model it holds.</summary>
    public static bool IsDescribedBy(CheckpointIndex index) => index.Root is PickleDictionary root && root.ContainsKey("ark");

    /// <summary>What one of our checkpoints says of its model.</summary>
    /// <exception cref="ArkInputException">It is none of a pretraining run, or of a newer version.</exception>
    public static ModelDescription DescriptionOf(CheckpointIndex index) => DescriptionCodec.Decode(index.Path, Sections(index.Path, index.Root).Ark.Section("model"));

    private static (CheckpointSection Root, CheckpointSection Ark) Read(string path) => Sections(path, PyTorchFile.Load(path));

    private static (CheckpointSection Root, CheckpointSection Ark) Sections(string path, object? value)
    {
        if (value is not PickleDictionary content) throw new ArkInputException(path, null, "holds no dictionary", "Give a checkpoint that 'ark pretrain' wrote.");
        var root = new CheckpointSection(path, "", content);
        if (!root.Has("ark"))
        {
            throw new ArkInputException(path, null, "does not say which model it holds: it has no key 'ark'",
                "Give a checkpoint that 'ark pretrain' wrote (checkpoints/last.pth.tar); 'ark inspect' shows what another file holds.");
        }

        var ark = root.Section("ark");
        if (ark.Has("kind") && ark.Text("kind") == SegmentationCheckpoint.Kind)
            throw new ArkInputException(path, null, "holds a segmentation network, which has no heads", "Use it with 'ark segment predict' or 'ark segment evaluate'.");
        if (ark.Whole("format") > FormatVersion) throw new ArkInputException(path, "key 'ark.format'", "was written by a newer version of Ark", "Update Ark.");
        return (root, ark);
    }

    internal static Tensor Real(double value) => tensor(value, ScalarType.Float64);

    internal static object? Storable(object? value) => value switch
    {
        double number => Real(number),
        List<object?> list => list.Select(Storable).ToList(),
        OrderedDictionary<string, object?> named => new OrderedDictionary<string, object?>(named.Select(e => KeyValuePair.Create(e.Key, Storable(e.Value)))),
        OrderedDictionary<object, object?> keyed => new OrderedDictionary<object, object?>(keyed.Select(e => KeyValuePair.Create(e.Key, Storable(e.Value)))),
        _ => value,
    };

    private static OrderedDictionary<string, Tensor> StateOf(ArkModel network)
    {
        var state = new OrderedDictionary<string, Tensor>();
        foreach (var (name, value) in network.state_dict()) state.Add(name, value.cpu());
        return state;
    }

    private static void Fill(string path, string key, ArkModel network, CheckpointSection root) => Fill(path, key, network.state_dict(), root);

    /// <summary>Copies what is under a key into tensors of the same names and shapes.</summary>
    internal static void Fill(string path, string key, IReadOnlyDictionary<string, Tensor> targets, CheckpointSection root)
    {
        using var noGradient = no_grad();
        var stored = root.Section(key);
        foreach (var (name, target) in targets)
        {
            if (!stored.Has(name)) throw new ArkInputException(path, $"key '{key}.{name}'", "is missing");
            target.copy_(stored.Tensor(name, target.shape));
        }
    }

    private static void RequireSame(string path, CheckpointSection ark, TrainingOptions options, IReadOnlyList<PreparedDataset> datasets)
    {
        if (ark.Has("options")) OptionTables.Training.RequireSame(path, ark.Section("options"), options);
        if (ark.Whole("format") < FirstWithFolders) return;
        foreach (var dataset in datasets) RequireSameData(path, ark, dataset.Name, dataset.Digest);
    }

    /// <summary>Refuses to go on where a dataset's lists have changed since the run began.</summary>
    internal static void RequireSameData(string path, CheckpointSection ark, string dataset, string digest)
    {
        // Of a dataset that is new to the run nothing is stored.
        if (!ark.Has("data") || ark.Section("data") is not { } data || !data.Has(dataset) || data.Text(dataset) == digest) return;
        throw new ArkInputException(path, $"dataset '{dataset}'", "has other images or labels now than when the run began", "Restore its lists, or begin a new run with this checkpoint as its initial weights.");
    }

    private static OrderedDictionary<string, object?> PositionOf(TrainingPosition position, KnowledgeAccrual accrual) => new()
    {
        ["epoch"] = (long)position.Epoch,
        ["pass"] = (long)position.Pass,
        ["step"] = (long)position.Step,
        ["images"] = (long)position.Images,
        ["loss_sums"] = position.LossSums.Select(object? (l) => Real(l)).ToList(),
        ["total_steps"] = position.TotalSteps,
        ["best_validation_loss"] = Real(position.BestValidationLoss),
        ["metrics_length"] = position.MetricsLength,
        ["schedule_index"] = (long)accrual.ScheduleIndex,
        ["pass_start_index"] = (long)accrual.PassStartIndex,
        ["teacher_in_training_mode"] = accrual.Teacher.training,
    };
}

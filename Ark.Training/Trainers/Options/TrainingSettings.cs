using System.Globalization;
using Ark.Data;

namespace Ark.Training;

/// <summary>
/// The names under which training options are set from text: one table for the command line, a catalogue's <c>training:</c> section, and the record
/// of a run. Upper and lower case, dashes and underscores are the same, so that the published flags work as they are.
/// </summary>
public static class TrainingSettings
{
    /// <summary>Every setting, in the order of help texts.</summary>
    public static IReadOnlyList<TrainingSetting> All { get; } =
    [
        Choice(nameof(TrainingOptions.Recipe), "recipe", [], o => o.Recipe, (o, v) => o.Recipe = v, "the publication to follow", ("ark", TrainingRecipe.Ark), ("ark-plus", TrainingRecipe.ArkPlus)),
        Choice(nameof(TrainingOptions.Fidelity), "fidelity", [], o => o.Fidelity, (o, v) => o.Fidelity = v, "mend or repeat the slips of the published code", ("corrected", Fidelity.Corrected), ("published", Fidelity.Published)),
        Text(nameof(TrainingOptions.Architecture), "arch", ["model"], "NAME", "the backbone, such as swin_base_patch4_window7_224", o => o.Architecture, (o, v) => o.Architecture = v),
        Whole(nameof(TrainingOptions.ImageSize), "img-size", ["input-size"], "side of the input in pixels", o => o.ImageSize, (o, v) => o.ImageSize = v),
        Text(nameof(TrainingOptions.InitialWeights), "init", [], "FILE", "weights to start from, or a trained model to go on from (student, teacher and heads); 'random' for none", o => o.InitialWeights, (o, v) => o.InitialWeights = string.Equals(v, "random", StringComparison.OrdinalIgnoreCase) ? null : v),
        Text(nameof(TrainingOptions.NestedKey), "key", [], "KEY", "where in the weight file the state dict is (default: the teacher, where there is one)", o => o.NestedKey, (o, v) => o.NestedKey = v),
        Setting(nameof(TrainingOptions.InitialWeights), PretrainedWeights, [], "FILE", "the same; --init may then be the published word for what it holds", (string v, out string s) => (s = v).Length > 0, (o, v) => o.InitialWeights = v, _ => null),
        Flag(nameof(TrainingOptions.UseMlpProjector), "use-mlp", [], "projector with a hidden layer (true) or linear (false)", o => o.UseMlpProjector, (o, v) => o.UseMlpProjector = v),
        Whole(nameof(TrainingOptions.ProjectorFeatures), "projector-features", [], "width of the projector; 0 for none", o => o.ProjectorFeatures, (o, v) => o.ProjectorFeatures = v),
        Real(nameof(TrainingOptions.DropPathRate), "drop-path", [], "highest probability of stochastic depth", o => o.DropPathRate, (o, v) => o.DropPathRate = v),
        Choice(nameof(TrainingOptions.TaskOrder), "task-order", [], o => o.TaskOrder, (o, v) => o.TaskOrder = v, "how datasets share an epoch: in turn, in turn in a drawn order, all in every step, in turn on one merged head", ("cyclic", TaskOrder.Cyclic), ("shuffled", TaskOrder.Shuffled), ("concurrent", TaskOrder.Concurrent), ("single-head", TaskOrder.SingleHead)),
        Choice(nameof(TrainingOptions.EmaMode), "ema-mode", [], o => o.EmaMode, (o, v) => o.EmaMode = v, "when the teacher moves", ("epoch", EmaMode.Epoch), ("iteration", EmaMode.Iteration)),
        Real(nameof(TrainingOptions.TeacherMomentum), "momentum-teacher", [], "the teacher's momentum at the start", o => o.TeacherMomentum, (o, v) => o.TeacherMomentum = v),
        Real(nameof(TrainingOptions.ConsistencyScale), "consistency", [], "factor of the consistency weight; 0 trains without the teacher", o => o.ConsistencyScale, (o, v) => o.ConsistencyScale = v),
        Whole(nameof(TrainingOptions.Epochs), "epochs", [], "passes over all datasets; beside --pretrain-epochs the length of the learning-rate schedule, as published", o => o.Epochs, (o, v) => o.Epochs = v),
        Setting(nameof(TrainingOptions.Epochs), PretrainEpochs, [], "N", "the published name of --epochs", (string v, out int n) => int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out n), (o, v) => o.Epochs = v, _ => null),
        Whole(nameof(TrainingOptions.BatchSize), "batch-size", [], "images of a step", o => o.BatchSize, (o, v) => o.BatchSize = v),
        Whole(nameof(TrainingOptions.GradientAccumulationSteps), "accumulate", [], "compute a step's batch in N parts, whose gradients add up", o => o.GradientAccumulationSteps, (o, v) => o.GradientAccumulationSteps = v),
        Flag(nameof(TrainingOptions.GradientCheckpointing), "checkpoint-activations", [], "compute activations again for the gradients, in place of keeping them", o => o.GradientCheckpointing, (o, v) => o.GradientCheckpointing = v),
        Choice(nameof(TrainingOptions.Precision), "precision", [], o => o.Precision, (o, v) => o.Precision = v, "numbers that the backbone computes in; weights are kept in fp32", ("fp32", TrainingPrecision.Fp32), ("bf16", TrainingPrecision.Bf16)),
        Choice(nameof(TrainingOptions.Optimizer), "opt", [], o => o.Optimizer, (o, v) => o.Optimizer = v, "optimiser: sgd is Nesterov, momentum is plain", ("sgd", OptimizerKind.Sgd), ("momentum", OptimizerKind.Momentum), ("adamw", OptimizerKind.AdamW)),
        Real(nameof(TrainingOptions.LearningRate), "lr", [], "learning rate at the top of its schedule", o => o.LearningRate, (o, v) => o.LearningRate = v),
        Real(nameof(TrainingOptions.Momentum), "momentum", [], "momentum of SGD", o => o.Momentum, (o, v) => o.Momentum = v),
        Real(nameof(TrainingOptions.WeightDecay), "weight-decay", [], "weight decay on matrices", o => o.WeightDecay, (o, v) => o.WeightDecay = v),
        Real(nameof(TrainingOptions.Epsilon), "opt-eps", [], "epsilon of AdamW", o => o.Epsilon, (o, v) => o.Epsilon = v),
        Setting(nameof(TrainingOptions.Beta1), "opt-betas", [], "B1,B2", "betas of AdamW", (string v, out (double, double) b) => TryBetas(v, out b), (o, v) => (o.Beta1, o.Beta2) = v, o => string.Create(CultureInfo.InvariantCulture, $"{o.Beta1:R},{o.Beta2:R}")),
        Real(nameof(TrainingOptions.ClipGradient), "clip-grad", [], "largest gradient norm", o => o.ClipGradient, (o, v) => o.ClipGradient = v),
        Choice(nameof(TrainingOptions.Schedule), "sched", [], o => o.Schedule, (o, v) => o.Schedule = v, "how the learning rate goes down", ("cosine", ScheduleKind.Cosine), ("step", ScheduleKind.Step), ("tanh", ScheduleKind.Tanh), ("poly", ScheduleKind.Poly)),
        Real(nameof(TrainingOptions.DecayEpochs), "decay-epochs", [], "epochs between the steps of --sched step", o => o.DecayEpochs, (o, v) => o.DecayEpochs = v),
        Real(nameof(TrainingOptions.DecayRate), "decay-rate", ["dr"], "factor of these steps, or the power of --sched poly", o => o.DecayRate, (o, v) => o.DecayRate = v),
        Whole(nameof(TrainingOptions.WarmupEpochs), "warmup-epochs", [], "epochs of linear warm-up (default: 20, or 5 for ark-plus, or a tenth of the epochs where that is less)", o => o.WarmupEpochs, (o, v) => o.WarmupEpochs = v),
        Real(nameof(TrainingOptions.WarmupLearningRate), "warmup-lr", [], "learning rate that warm-up begins with", o => o.WarmupLearningRate, (o, v) => o.WarmupLearningRate = v),
        Real(nameof(TrainingOptions.MinimumLearningRate), "min-lr", [], "learning rate at the end", o => o.MinimumLearningRate, (o, v) => o.MinimumLearningRate = v),
        Whole(nameof(TrainingOptions.ScheduleEpochs), "schedule-epochs", [], "length of the learning-rate schedule", o => o.ScheduleEpochs, (o, v) => o.ScheduleEpochs = v),
        Whole(nameof(TrainingOptions.EvaluationInterval), "test-epoch", [], "test and keep a checkpoint every N epochs", o => o.EvaluationInterval, (o, v) => o.EvaluationInterval = v),
        Flag(nameof(TrainingOptions.TestTimeCrops), "test-augment", [], "test with ten crops, as published, in place of one", o => o.TestTimeCrops == 10, (o, v) => o.TestTimeCrops = v ? 10 : 1),
        Whole(nameof(TrainingOptions.LogInterval), "print-freq", [], "a line of progress every N steps", o => o.LogInterval, (o, v) => o.LogInterval = v),
        Whole(nameof(TrainingOptions.CheckpointSteps), "checkpoint-steps", [], "also write the state to resume from every N steps", o => o.CheckpointSteps, (o, v) => o.CheckpointSteps = v),
        Real(nameof(TrainingOptions.CheckpointMinutes), "checkpoint-minutes", [], "also write it every X minutes", o => o.CheckpointMinutes, (o, v) => o.CheckpointMinutes = v),
        Whole(nameof(TrainingOptions.MaxCheckpoints), "keep-last", [], "keep the last N such states", o => o.MaxCheckpoints, (o, v) => o.MaxCheckpoints = v),
        Text(nameof(TrainingOptions.SelectionDataset), "val-loss-metric", [], "average|DATASET", "the validation loss that chooses the best checkpoint", o => o.SelectionDataset ?? "average", (o, v) => o.SelectionDataset = v == "average" ? null : v),
        Text(nameof(TrainingOptions.Normalization), "normalization", [], "imagenet|chestx-ray", "normalisation of pixels", o => o.Normalization, (o, v) => o.Normalization = v.ToLowerInvariant()),
        Real(nameof(TrainingOptions.SmallestCrop), "smallest-crop", [], "smallest random crop as a share of the area", o => o.SmallestCrop, (o, v) => o.SmallestCrop = v),
        Whole(nameof(TrainingOptions.Workers), "workers", [], "threads that prepare images", o => o.Workers, (o, v) => o.Workers = v),
        Text(nameof(TrainingOptions.CacheDirectory), "cache", [], "DIR", "folder that keeps decoded, resized images for later epochs; none by default", o => o.CacheDirectory, (o, v) => o.CacheDirectory = v),
        Setting(nameof(TrainingOptions.Seed), "seed", [], "N", "what every random number comes from", (string v, out ulong s) => ulong.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out s), (o, v) => o.Seed = v, o => o.Seed.ToString(CultureInfo.InvariantCulture)),
        Text(nameof(TrainingOptions.Device), "device", [], "cpu|cuda[:i]", "where to compute", o => o.Device, (o, v) => o.Device = v.ToLowerInvariant()),
        Setting(nameof(TrainingOptions.Device), "gpu", ["GPU"], "N", "the published name of --device cuda:N; one GPU", (string v, out int n) => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out n), (o, v) => o.Device = $"cuda:{v.ToString(CultureInfo.InvariantCulture)}", _ => null),
        Choice(nameof(TrainingOptions.BadImages), "bad-images", [], o => o.BadImages, (o, v) => o.BadImages = v, "stop at an unreadable image, or skip and report it", ("stop", BadImagePolicy.Stop), ("skip", BadImagePolicy.Skip)),
        Flag(nameof(TrainingOptions.PixelBaseline), "pixel-baseline", [], "also fit logistic regression on pixels, for comparison", o => o.PixelBaseline, (o, v) => o.PixelBaseline = v),
        Flag(nameof(TrainingOptions.TensorBoard), "tensorboard", [], "also write TensorBoard event files", o => o.TensorBoard, (o, v) => o.TensorBoard = v),
        .. PublishedFlags.WithoutEffect,
    ];

    internal const string PretrainedWeights = "pretrained-weights";
    internal const string PretrainEpochs = "pretrain-epochs";

    /// <summary>Finds a setting by any of its names.</summary>
    /// <param name="name">The name; case, dashes and underscores do not matter.</param>
    /// <returns>The setting, or <see langword="null"/>.</returns>
    public static TrainingSetting? Find(string name)
    {
        var key = Fold(name);
        return All.FirstOrDefault(s => Fold(s.Name) == key || s.Aliases.Any(a => Fold(a) == key));
    }

    /// <summary>All options as a checkpoint keeps them.</summary>
    internal static IReadOnlyList<StoredOption> Record(TrainingOptions options)
    {
        var defaults = new TrainingOptions();
        return [.. All.Select(s => new StoredOption(s.Name, s.Format(options), s.Format(defaults), options.IsFixed(s.Property)))];
    }

    internal static string NameOf(string property) => All.First(s => s.Property == property).Name;

    private static string Fold(string name) => name.Replace('_', '-').ToLowerInvariant();

    private static bool TryBetas(string text, out (double, double) betas)
    {
        betas = default;
        var parts = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 2 && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out betas.Item1) && double.IsFinite(betas.Item1) && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out betas.Item2) && double.IsFinite(betas.Item2);
    }

    private delegate bool Parser<T>(string text, out T value);

    private static TrainingSetting Setting<T>(string property, string name, string[] aliases, string value, string help, Parser<T> parse, Action<TrainingOptions, T> set, Func<TrainingOptions, string?> format) =>
        new(property, name, aliases, value, help, (options, text) =>
        {
            if (!parse(text, out var parsed)) return false;
            set(options, parsed);
            return true;
        }, format);

    private static TrainingSetting Text(string property, string name, string[] aliases, string value, string help, Func<TrainingOptions, string?> get, Action<TrainingOptions, string> set) =>
        Setting(property, name, aliases, value, help, (string v, out string s) => (s = v).Length > 0, set, get);

    private static TrainingSetting Whole(string property, string name, string[] aliases, string help, Func<TrainingOptions, int?> get, Action<TrainingOptions, int> set) =>
        Setting(property, name, aliases, "N", help, (string v, out int n) => int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out n), set,
            o => get(o)?.ToString(CultureInfo.InvariantCulture));

    private static TrainingSetting Real(string property, string name, string[] aliases, string help, Func<TrainingOptions, double?> get, Action<TrainingOptions, double> set) =>
        Setting(property, name, aliases, "X", help, (string v, out double x) => double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out x) && double.IsFinite(x), set,
            o => get(o)?.ToString("R", CultureInfo.InvariantCulture));

    private static TrainingSetting Flag(string property, string name, string[] aliases, string help, Func<TrainingOptions, bool> get, Action<TrainingOptions, bool> set) =>
        Setting(property, name, aliases, "true|false", help, (string v, out bool b) => bool.TryParse(v, out b), set, o => get(o) ? "true" : "false");

    private static TrainingSetting Choice<T>(string property, string name, string[] aliases, Func<TrainingOptions, T> get, Action<TrainingOptions, T> set, string help, params (string Name, T Value)[] choices)
        where T : struct, Enum =>
        Setting(property, name, aliases, string.Join('|', choices.Select(c => c.Name)), help, (string v, out T value) =>
        {
            var key = Fold(v);
            var chosen = Array.FindIndex(choices, c => c.Name == key);
            value = chosen < 0 ? default : choices[chosen].Value;
            return chosen >= 0;
        }, set, o => choices.First(c => EqualityComparer<T>.Default.Equals(c.Value, get(o))).Name);
}

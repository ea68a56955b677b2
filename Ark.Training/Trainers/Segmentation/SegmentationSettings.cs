using System.Globalization;
using Ark.Models;

namespace Ark.Training;

/// <summary>
/// The names under which segmentation options are set from text: one table for the command line, a catalogue's <c>training:</c> section, and the record of a run. Upper and lower case,
/// dashes and underscores are the same.
/// </summary>
internal static class SegmentationSettings
{
    public static IReadOnlyList<SegmentationSetting> All { get; } =
    [
        Text("arch", "NAME", "the backbone, such as swin_base_patch4_window7_224", o => o.Architecture, (o, v) => o.Architecture = v),
        Text("init", "FILE", "weights whose backbone is started from; 'random' for none", o => o.InitialWeights, (o, v) => o.InitialWeights = v.Equals("random", StringComparison.OrdinalIgnoreCase) ? null : v),
        Text("key", "KEY", "where in the weight file the state dict is (default: the teacher, where there is one)", o => o.NestedKey, (o, v) => o.NestedKey = v),
        Whole("img-size", "side of the input in pixels", o => o.ImageSize, (o, v) => o.ImageSize = v),
        Choice("decoder", "the published UPerNet, or the one for thin structures", o => o.Decoder, (o, v) => o.Decoder = v, ("published", UperNetDecoder.Published), ("detailed", UperNetDecoder.Detailed)),
        Whole("width", "channels of the detailed decoder", o => o.Width, (o, v) => o.Width = v),
        Text("normalization", "imagenet|chestx-ray|none", "normalisation of pixels", o => o.Normalization, (o, v) => o.Normalization = v.ToLowerInvariant()),
        Real("drop-path", "highest probability of stochastic depth", o => o.DropPathRate, (o, v) => o.DropPathRate = v),
        Choice("loss", "soft Dice of the whole batch, or of each structure plus cross-entropy", o => o.Loss, (o, v) => o.Loss = v, ("dice", SegmentationLoss.Dice), ("dice-ce", SegmentationLoss.DiceCrossEntropy)),
        Whole("epochs", "passes at most", o => o.Epochs, (o, v) => o.Epochs = v),
        Whole("batch-size", "images of a step", o => o.BatchSize, (o, v) => o.BatchSize = v),
        Choice("opt", "optimiser: sgd is Nesterov, momentum is plain", o => o.Optimizer, (o, v) => o.Optimizer = v, ("sgd", OptimizerKind.Sgd), ("momentum", OptimizerKind.Momentum), ("adamw", OptimizerKind.AdamW)),
        Real("lr", "learning rate at the top of its schedule", o => o.LearningRate, (o, v) => o.LearningRate = v),
        Real("momentum", "momentum of SGD", o => o.Momentum, (o, v) => o.Momentum = v),
        Real("weight-decay", "weight decay on matrices", o => o.WeightDecay, (o, v) => o.WeightDecay = v),
        Whole("warmup-epochs", "epochs of linear warm-up (default: 20, or a tenth of the epochs where that is less)", o => o.WarmupEpochs, (o, v) => o.WarmupEpochs = v),
        Real("warmup-lr", "learning rate that warm-up begins with", o => o.WarmupLearningRate, (o, v) => o.WarmupLearningRate = v),
        Real("min-lr", "learning rate at the end", o => o.MinimumLearningRate, (o, v) => o.MinimumLearningRate = v),
        Real("clip-grad", "largest gradient norm", o => o.ClipGradient, (o, v) => o.ClipGradient = v),
        Whole("patience", "epochs without a lower validation loss after which training ends; 0 for none", o => o.Patience, (o, v) => o.Patience = v),
        Choice("augment", "move pictures with their masks, change brightness and contrast", o => o.Augment, (o, v) => o.Augment = v, ("true", true), ("false", false)),
        Choice("vary-quality", "also vary sharpness and grey levels widely, for pictures of other devices", o => o.VaryQuality, (o, v) => o.VaryQuality = v, ("true", true), ("false", false)),
        Choice("precision", "numbers that the backbone computes in", o => o.Precision, (o, v) => o.Precision = v, ("fp32", TrainingPrecision.Fp32), ("bf16", TrainingPrecision.Bf16)),
        Setting("seed", "N", "what every random number comes from", (string v, out ulong n) => ulong.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out n), (o, v) => o.Seed = v, o => o.Seed.ToString(CultureInfo.InvariantCulture)),
        Whole("workers", "batches that are prepared at once", o => o.Workers, (o, v) => o.Workers = v),
        Text("device", "cpu|cuda[:i]", "where to compute", o => o.Device, (o, v) => o.Device = v.ToLowerInvariant()),
    ];

    /// <summary>Sets an option from text.</summary>
    /// <param name="options">Is changed.</param>
    /// <param name="name">The setting.</param>
    /// <param name="value">Its value, with a decimal point whatever the culture.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <param name="place">The place there.</param>
    /// <exception cref="ArkInputException">There is no such setting, or the value is of the wrong kind.</exception>
    public static void Apply(SegmentationOptions options, string name, string value, string source, string place)
    {
        var setting = Find(name)
            ?? throw new ArkInputException(source, place, $"there is no segmentation setting '{name}'", $"Known are: {string.Join(", ", All.Select(s => s.Name))}.");
        if (!setting.TryApply(options, value.Trim())) throw new ArkInputException(source, place, $"'{value}' is no value for '{setting.Name}'", $"Give {setting.ValueName}.");
    }

    /// <summary>Finds a setting by its name; <see langword="null"/> where there is none.</summary>
    public static SegmentationSetting? Find(string name) => All.FirstOrDefault(s => s.Name == Fold(name));

    /// <summary>All options as a checkpoint keeps them.</summary>
    public static IReadOnlyList<StoredOption> Record(SegmentationOptions options)
    {
        var defaults = new SegmentationOptions();
        return [.. All.Select(s => new StoredOption(s.Name, s.Format(options), s.Format(defaults), !MayDiffer.Contains(s.Name)))];
    }

    // What changes neither weights nor records of a run, or names something that may have been moved.
    internal static readonly HashSet<string> MayDiffer = ["init", "key", "workers", "device"];

    private static string Fold(string name) => name.Replace('_', '-').ToLowerInvariant();

    private delegate bool Parser<T>(string text, out T value);

    private static SegmentationSetting Setting<T>(string name, string value, string help, Parser<T> parse, Action<SegmentationOptions, T> set, Func<SegmentationOptions, string?> format) => new(name, value, help, (options, text) =>
    {
        if (!parse(text, out var parsed)) return false;
        set(options, parsed);
        return true;
    }, format);

    private static SegmentationSetting Text(string name, string value, string help, Func<SegmentationOptions, string?> get, Action<SegmentationOptions, string> set) =>
        Setting(name, value, help, (string v, out string s) => (s = v).Length > 0, set, get);

    private static SegmentationSetting Whole(string name, string help, Func<SegmentationOptions, int?> get, Action<SegmentationOptions, int> set) =>
        Setting(name, "N", help, (string v, out int n) => int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out n), set, o => get(o)?.ToString(CultureInfo.InvariantCulture));

    private static SegmentationSetting Real(string name, string help, Func<SegmentationOptions, double?> get, Action<SegmentationOptions, double> set) =>
        Setting(name, "X", help, (string v, out double x) => double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out x) && double.IsFinite(x), set, o => get(o)?.ToString("R", CultureInfo.InvariantCulture));

    private static SegmentationSetting Choice<T>(string name, string help, Func<SegmentationOptions, T> get, Action<SegmentationOptions, T> set, params (string Name, T Value)[] choices) =>
        Setting(name, string.Join('|', choices.Select(c => c.Name)), help, (string v, out T value) =>
        {
            var chosen = Array.FindIndex(choices, c => c.Name == Fold(v));
            value = chosen < 0 ? default! : choices[chosen].Value;
            return chosen >= 0;
        }, set, o => choices.First(c => EqualityComparer<T>.Default.Equals(c.Value, get(o))).Name);
}

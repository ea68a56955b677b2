namespace Ark.Training;

/// <summary>
/// Flags that the published scripts accept and do not use, or that have one value here. They are accepted so that a published command line works as it is; whoever gives
/// one is told what it does not do.
/// </summary>
internal static class PublishedFlags
{
    private const string Unused = "The published code does not use it either.";

    /// <summary>The words that the published <c>--init</c> takes for weights that it names elsewhere, folded to lower case.</summary>
    public static IReadOnlyList<string> InitWords { get; } = ["imagenet", "imagenet_1k", "imagenet_21k", "sam", "deit", "beit", "dino", "moco_v3", "moby", "mae", "simmim", "ark", "ark_plus"];

    public static IReadOnlyList<TrainingSetting> WithoutEffect { get; } =
    [
        Fixed("img-depth", "3", "Images have three channels."),
        Fixed("mode", "train", "Test a checkpoint with 'ark evaluate'."),
        Fixed("activate", "Sigmoid", Unused),
        Ignored("num-class", Unused),
        Ignored("from-checkpoint", "A file with student and teacher is recognised by its content."),
        Ignored("anno-percent", Unused + " Set 'annotation_percent' in the catalogue."),
        Ignored("uncertain-label", Unused + " Set 'uncertain' in the catalogue."),
        Ignored("unknown-label", Unused + " Set 'missing' in the catalogue."),
        Ignored("cooldown-epochs", Unused),
        Ignored("patience-epochs", Unused),
        Ignored("patience", Unused),
        Ignored("early-stop", Unused),
        Ignored("trial", Unused),
        Ignored("start-index", Unused),
        Ignored("clean", Unused),
        Ignored("img-resize", "The picture before the crop is 8/7 of the input, as 256 is of 224."),
        Fixed("lr-noise", "None", "The rate has no noise."),
        Ignored("lr-noise-pct", Unused),
        Ignored("lr-noise-std", Unused),
    ];

    private static TrainingSetting Fixed(string name, string only, string why) =>
        new(nameof(TrainingOptions.Recipe), name, [], only, $"accepted for published command lines, with this value alone. {why}", (_, v) => string.Equals(v, only, StringComparison.OrdinalIgnoreCase), _ => null);

    private static TrainingSetting Ignored(string name, string why) =>
        new(nameof(TrainingOptions.Recipe), name, [], "X", $"accepted for published command lines, without effect. {why}", (_, _) => true, _ => null) { Note = $"has no effect. {why}" };
}

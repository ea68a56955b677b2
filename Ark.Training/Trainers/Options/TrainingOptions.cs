using System.ComponentModel.DataAnnotations;
using Ark.Data;

namespace Ark.Training;

/// <summary>Everything that can be set about a training run. <see cref="ForRecipe"/> gives the published values of a recipe.</summary>
public sealed class TrainingOptions : OptimizationOptions
{
    /// <summary>The section of a host's configuration that these options bind to.</summary>
    public const string SectionName = "Ark:Training";

    /// <summary>Creates the published values of <see cref="TrainingRecipe.Ark"/>.</summary>
    public TrainingOptions()
    {
        Architecture = "swin_base_patch4_window7_224";
        Seed = 42;
    }

    /// <summary>Which publication to follow.</summary>
    /// <value>The default is <see cref="TrainingRecipe.Ark"/>.</value>
    public TrainingRecipe Recipe { get; set; }

    /// <summary>Whether known slips of the published code are mended or repeated.</summary>
    /// <value>The default is <see cref="Fidelity.Corrected"/>.</value>
    public Fidelity Fidelity { get; set; }

    /// <summary>Whether the projector has a hidden layer (Linear-ReLU-Linear, as in the released models) or is one linear layer.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool UseMlpProjector { get; set; } = true;

    /// <summary>Width of the projected features; 0 for no projector.</summary>
    /// <value>The default is 1376, as in the released models.</value>
    [Range(0, 65536)]
    public int ProjectorFeatures { get; set; } = 1376;

    /// <summary>How the datasets share an epoch.</summary>
    /// <value>The default is <see cref="TaskOrder.Cyclic"/>.</value>
    public TaskOrder TaskOrder { get; set; }

    /// <summary>When the teacher moves.</summary>
    /// <value>The default is <see cref="EmaMode.Epoch"/>.</value>
    public EmaMode EmaMode { get; set; }

    /// <summary>The teacher's momentum at the start; it grows to 1.</summary>
    /// <value>The default is 0.9.</value>
    [Range(0.0, 1)]
    public double TeacherMomentum { get; set; } = 0.9;

    /// <summary>A factor of the consistency weight: 0 trains without the teacher, which then only follows.</summary>
    /// <value>The default is 1: the published weight.</value>
    [Range(0.0, 2)]
    public double ConsistencyScale { get; set; } = 1;

    /// <summary>
    /// In how many parts a step's images go through the network. The parts' gradients add up to those of the whole batch, from a part of
    /// the memory.
    /// </summary>
    /// <value>The default is 1: all at once.</value>
    [Range(1, 65536)]
    public int GradientAccumulationSteps { get; set; } = 1;

    /// <summary>
    /// Whether the activations within a block are computed again when its gradient is due, in place of being kept: less memory, more time,
    /// the same gradients.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool GradientCheckpointing { get; set; }

    /// <summary>Length of the learning-rate schedule in epochs.</summary>
    /// <value>The default is <see cref="OptimizationOptions.Epochs"/>.</value>
    [Range(1, 1_000_000)]
    public int? ScheduleEpochs { get; set; }

    /// <summary>Student and teacher are tested, and a checkpoint is kept, every so many epochs and after the last.</summary>
    /// <value>The default is 10.</value>
    [Range(1, 1_000_000)]
    public int EvaluationInterval { get; set; } = 10;

    /// <summary>Views of a test image whose probabilities are averaged: 1, the center, or 10, corners and center, each mirrored.</summary>
    /// <value>The default is 1; the published code tests with ten crops.</value>
    [AllowedValues(1, 10, ErrorMessage = "must be 1 or 10")]
    public int TestTimeCrops { get; set; } = 1;

    /// <summary>The dataset whose validation loss chooses the best checkpoint.</summary>
    /// <value>The default is <see langword="null"/>: the mean over all datasets.</value>
    public string? SelectionDataset { get; set; }

    /// <summary>The smallest random crop of the student's view, as a share of the picture's area.</summary>
    /// <value>The default is 0.08, as published; pictures that are small themselves need more.</value>
    [Range(0.01, 1)]
    public double MinCropScale { get; set; } = 0.08;

    /// <summary>The share of an image that <see cref="TrainingRecipe.SimMim"/> hides; the others do not use it.</summary>
    /// <value>The default is 0.6, as published.</value>
    [Range(0.01, 0.99)]
    public double MaskRatio { get; set; } = 0.6;

    /// <summary>
    /// Side of the squares that <see cref="TrainingRecipe.SimMim"/> hides, in pixels: it divides the image, and the network's patch divides
    /// it.
    /// </summary>
    /// <value>The default is 32, as published; the pixels between tokens of the last stage where 32 does not divide the image, or less than
    /// four times.</value>
    [Range(1, 4096)]
    public int? MaskPatchSize { get; set; }

    /// <summary>Whether the run also fits a logistic regression on pixels, to show what the network adds.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool PixelBaseline { get; set; } = true;

    /// <summary>The published code parses patience and does not use it.</summary>
    internal override bool StopsEarly => Fidelity == Fidelity.Corrected;

    internal override int ScheduleLength => ScheduleEpochs ?? Epochs;

    private protected override int PublishedWarmup => Recipe switch
    {
        TrainingRecipe.ArkPlus => 5,
        TrainingRecipe.SimMim => 10,
        _ => 20,
    };

    private protected override string Subject => "training options";

    /// <summary>The published values of a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <returns>New options.</returns>
    public static TrainingOptions ForRecipe(TrainingRecipe recipe)
    {
        var options = new TrainingOptions();
        options.Use(recipe);
        return options;
    }

    /// <summary>The published values of a recipe, with what a catalogue says of training. They are validated when the run begins.</summary>
    /// <param name="catalogue">The catalogue; its <c>training:</c> section may be empty.</param>
    /// <returns>New options.</returns>
    /// <exception cref="ArkInputException">The section has an option that is not known, or a value of the wrong kind.</exception>
    public static TrainingOptions FromCatalogue(DatasetCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return OptionTexts.Create(OptionTables.Training, OptionTables.Training.Section(catalogue));
    }

    internal override IEnumerable<(string Property, string Problem, string? Hint)> Problems()
    {
        foreach (var problem in base.Problems()) yield return problem;
        if (string.IsNullOrWhiteSpace(Architecture))
            yield return (nameof(Architecture), "is missing", "Name the backbone, such as swin_base_patch4_window7_224.");
        if (Recipe != TrainingRecipe.SimMim) yield break;
        if (Fidelity == Fidelity.Published)
            yield return (nameof(Fidelity), "recipe simmim has no slips to repeat", "Leave it out.");
        if (TaskOrder == TaskOrder.SingleHead)
            yield return (nameof(TaskOrder), "recipe simmim has no heads", "Choose cyclic, shuffled or concurrent.");
    }

    /// <summary>
    /// Takes over the published values of a recipe. The defaults of the properties are those of <see cref="TrainingRecipe.Ark"/>.
    /// </summary>
    internal void Use(TrainingRecipe recipe)
    {
        Recipe = recipe;
        if (recipe == TrainingRecipe.Ark) return;
        Optimizer = OptimizerKind.AdamW;
        WeightDecay = 0.05;
        if (recipe == TrainingRecipe.ArkPlus)
        {
            Architecture = "swin_large_patch4_window12_768";
            LearningRate = 5e-4;
            return;
        }

        // Published for 2048 images of a step: 8e-4. This is its share for 512, and small steps bear it.
        LearningRate = 2e-4;
        (Epochs, DropPathRate, ClipGradient, MinCropScale) = (100, 0, 5, 0.67);
        // Without heads there is no reason to visit datasets in turn.
        TaskOrder = TaskOrder.Concurrent;
    }

    internal override void UsePublishedValues() => Use(Recipe);

    internal TrainingOptions Clone() => (TrainingOptions)Copy();
}

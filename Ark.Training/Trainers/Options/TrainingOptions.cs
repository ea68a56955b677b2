using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Ark.Data;

namespace Ark.Training;

/// <summary>Everything that can be set about a training run. <see cref="ForRecipe"/> gives the published values of a recipe.</summary>
public sealed class TrainingOptions
{
    /// <summary>The section of a host's configuration that these options bind to.</summary>
    public const string SectionName = "Ark:Training";

    /// <summary>Which publication to follow.</summary>
    /// <value>The default is <see cref="TrainingRecipe.Ark"/>.</value>
    public TrainingRecipe Recipe { get; set; }

    /// <summary>Whether known slips of the published code are mended or repeated.</summary>
    /// <value>The default is <see cref="Fidelity.Corrected"/>.</value>
    public Fidelity Fidelity { get; set; }

    /// <summary>The backbone's name; see <c>SwinVariants</c>.</summary>
    /// <value>The default is <c>swin_base_patch4_window7_224</c>.</value>
    [Required]
    public string Architecture { get; set; } = "swin_base_patch4_window7_224";

    /// <summary>Side of the square input, in pixels.</summary>
    /// <value>The default is the architecture's own size.</value>
    [Range(16, 4096)]
    public int? ImageSize { get; set; }

    /// <summary>A weight file that student and teacher start from.</summary>
    /// <value>The default is none: random weights.</value>
    public string? InitialWeights { get; set; }

    /// <summary>Whether the projector has a hidden layer (Linear-ReLU-Linear, as in the released models) or is one linear layer.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool UseMlpProjector { get; set; } = true;

    /// <summary>Width of the projected features; 0 for no projector.</summary>
    /// <value>The default is 1376, as in the released models.</value>
    [Range(0, 65536)]
    public int ProjectorFeatures { get; set; } = 1376;

    /// <summary>Highest probability of stochastic depth; the first block has 0.</summary>
    /// <value>The default is 0.1.</value>
    [Range(0, 0.9)]
    public double DropPathRate { get; set; } = 0.1;

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

    /// <summary>Passes over all datasets.</summary>
    /// <value>The default is 10.</value>
    [Range(1, 1_000_000)]
    public int Epochs { get; set; } = 10;

    /// <summary>Images of a step.</summary>
    /// <value>The default is 32.</value>
    [Range(1, 65536)]
    public int BatchSize { get; set; } = 32;

    /// <summary>In how many parts a step's images go through the network. The parts' gradients add up to those of the whole batch, from a part of the memory.</summary>
    /// <value>The default is 1: all at once.</value>
    [Range(1, 65536)]
    public int Accumulate { get; set; } = 1;

    /// <summary>Whether the activations within a block are computed again when its gradient is due, in place of being kept: less memory, more time, the same gradients.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool CheckpointActivations { get; set; }

    /// <summary>In which numbers the backbone computes.</summary>
    /// <value>The default is <see cref="TrainingPrecision.Fp32"/>.</value>
    public TrainingPrecision Precision { get; set; }

    /// <summary>The optimiser.</summary>
    /// <value>The default is <see cref="OptimizerKind.Sgd"/>.</value>
    public OptimizerKind Optimizer { get; set; }

    /// <summary>The learning rate at the top of its schedule.</summary>
    /// <value>The default is 0.3.</value>
    [Range(0.0, 1000)]
    public double LearningRate { get; set; } = 0.3;

    /// <summary>Momentum of SGD.</summary>
    /// <value>The default is 0.9.</value>
    [Range(0.0, 1)]
    public double Momentum { get; set; } = 0.9;

    /// <summary>Weight decay on matrices; vectors, biases and position embeddings never decay.</summary>
    /// <value>The default is 0.</value>
    [Range(0.0, 10)]
    public double WeightDecay { get; set; }

    /// <summary>What AdamW adds to the root that it divides by.</summary>
    /// <value>The default is 1e-8.</value>
    [Range(0.0, 1)]
    public double Epsilon { get; set; } = 1e-8;

    /// <summary>How slowly AdamW's mean gradient moves.</summary>
    /// <value>The default is 0.9.</value>
    [Range(0, 0.9999999)]
    public double Beta1 { get; set; } = 0.9;

    /// <summary>How slowly AdamW's mean squared gradient moves.</summary>
    /// <value>The default is 0.999.</value>
    [Range(0, 0.9999999)]
    public double Beta2 { get; set; } = 0.999;

    /// <summary>Largest norm of the whole gradient; larger ones are scaled down to it.</summary>
    /// <value>The default is none.</value>
    [Range(1e-9, 1e9)]
    public double? ClipGradient { get; set; }

    /// <summary>How the learning rate goes down.</summary>
    /// <value>The default is <see cref="ScheduleKind.Cosine"/>.</value>
    public ScheduleKind Schedule { get; set; }

    /// <summary>Epochs between the steps of <see cref="ScheduleKind.Step"/>.</summary>
    /// <value>The default is 30.</value>
    [Range(1e-3, 1e6)]
    public double DecayEpochs { get; set; } = 30;

    /// <summary>The factor of each step of <see cref="ScheduleKind.Step"/>, or the power of <see cref="ScheduleKind.Poly"/>.</summary>
    /// <value>The default is 0.5.</value>
    [Range(0.0, 10)]
    public double DecayRate { get; set; } = 0.5;

    /// <summary>Epochs of linear warm-up.</summary>
    /// <value>The default is what is published, 20 or 5 for <see cref="TrainingRecipe.ArkPlus"/>, or a tenth of the schedule where that is less.</value>
    [Range(0, 1_000_000)]
    public int? WarmupEpochs { get; set; }

    /// <summary>The learning rate that warm-up begins with.</summary>
    /// <value>The default is 1e-6.</value>
    [Range(0.0, 1000)]
    public double WarmupLearningRate { get; set; } = 1e-6;

    /// <summary>The learning rate at the end.</summary>
    /// <value>The default is 1e-5.</value>
    [Range(0.0, 1000)]
    public double MinimumLearningRate { get; set; } = 1e-5;

    /// <summary>Length of the learning-rate schedule in epochs.</summary>
    /// <value>The default is <see cref="Epochs"/>.</value>
    [Range(1, 1_000_000)]
    public int? ScheduleEpochs { get; set; }

    /// <summary>Student and teacher are tested, and a checkpoint is kept, every so many epochs and after the last.</summary>
    /// <value>The default is 10.</value>
    [Range(1, 1_000_000)]
    public int TestEvery { get; set; } = 10;

    /// <summary>Whether tests average over ten crops (corners and centre, each mirrored) in place of the centre alone.</summary>
    /// <value>The default is <see langword="false"/>; the published code tests with ten crops.</value>
    public bool TestAugment { get; set; }

    /// <summary>A line of progress every so many steps.</summary>
    /// <value>The default is none: one line a pass.</value>
    [Range(1, int.MaxValue)]
    public int? PrintEvery { get; set; }

    /// <summary>The state to resume from is written every so many steps, besides after every pass over a dataset.</summary>
    /// <value>The default is none: by time alone.</value>
    [Range(1, int.MaxValue)]
    public int? CheckpointSteps { get; set; }

    /// <summary>The state to resume from is written every so many minutes, besides after every pass over a dataset.</summary>
    /// <value>The default is 10.</value>
    [Range(0.01, 1e6)]
    public double? CheckpointMinutes { get; set; } = 10;

    /// <summary>How many of the states to resume from are kept: the last, and those before it, in case the last gets damaged.</summary>
    /// <value>The default is 2.</value>
    [Range(1, 1000)]
    public int KeepLast { get; set; } = 2;

    /// <summary>The dataset whose validation loss chooses the best checkpoint, or <c>average</c> for the mean over all.</summary>
    /// <value>The default is <c>average</c>.</value>
    [Required]
    public string ValidationLossMetric { get; set; } = "average";

    /// <summary>How pixels are normalised: <c>imagenet</c> or <c>chestx-ray</c>.</summary>
    /// <value>The default is <c>imagenet</c>.</value>
    [AllowedValues("imagenet", "chestx-ray")]
    public string Normalization { get; set; } = "imagenet";

    /// <summary>The smallest random crop of the student's view, as a share of the picture's area.</summary>
    /// <value>The default is 0.08, as published; pictures that are small themselves need more.</value>
    [Range(0.01, 1)]
    public double SmallestCrop { get; set; } = 0.08;

    /// <summary>Threads that decode and transform images ahead of the network.</summary>
    /// <value>The default is 2; the result does not depend on it.</value>
    [Range(1, 256)]
    public int Workers { get; set; } = 2;

    /// <summary>A folder that keeps decoded and resized images, so that only the first epoch decodes files; see <see cref="Ark.Data.ImageCache"/>.</summary>
    /// <value>The default is none. The images that the network sees are the same with and without.</value>
    public string? CacheDirectory { get; set; }

    /// <summary>What every random number of the run comes from.</summary>
    /// <value>The default is 42.</value>
    public ulong Seed { get; set; } = 42;

    /// <summary>Where tensors live: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <c>cpu</c>.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string Device { get; set; } = "cpu";

    /// <summary>What happens when an image cannot be read: the run stops, or the image is left out and reported.</summary>
    /// <value>The default is <see cref="BadImagePolicy.Stop"/>.</value>
    public BadImagePolicy BadImages { get; set; }

    /// <summary>Whether the run also fits a logistic regression on pixels, to show what the network adds.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool PixelBaseline { get; set; } = true;

    /// <summary>Whether the run directory also gets TensorBoard event files (<c>tensorboard/</c>).</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool TensorBoard { get; set; } = true;

    internal int ScheduleLength => ScheduleEpochs ?? Epochs;

    internal int Warmup => WarmupEpochs ?? Math.Min(Recipe == TrainingRecipe.ArkPlus ? 5 : 20, ScheduleLength / 10);

    /// <summary>The published values of a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <returns>New options.</returns>
    public static TrainingOptions ForRecipe(TrainingRecipe recipe)
    {
        var options = new TrainingOptions();
        options.Use(recipe);
        return options;
    }

    /// <summary>Checks every value, and those that depend on each other.</summary>
    /// <exception cref="ArkInputException">A value cannot be used; the message names the setting.</exception>
    public void Validate()
    {
        foreach (var (property, problem, mend) in Problems()) throw Refuse(TrainingSettings.NameOf(property), problem, mend);
    }

    /// <summary>What is wrong with the values, property by property.</summary>
    internal IEnumerable<(string Property, string Problem, string? Mend)> Problems()
    {
        var problems = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), problems, validateAllProperties: true);
        foreach (var problem in problems) yield return (problem.MemberNames.First(), problem.ErrorMessage!.TrimEnd('.'), null);
        if (Warmup > 0 && Warmup >= ScheduleLength)
        {
            yield return (nameof(WarmupEpochs), $"a warm-up of {Warmup} epochs does not fit into {ScheduleLength}",
                "Make it shorter (--warmup-epochs), or train longer (--epochs).");
        }

        if (MinimumLearningRate > LearningRate)
            yield return (nameof(MinimumLearningRate), string.Create(CultureInfo.InvariantCulture, $"{MinimumLearningRate} is above the learning rate {LearningRate}"), "Lower it, or raise the learning rate.");
    }

    /// <summary>Takes over the published values of a recipe. The defaults of the properties are those of <see cref="TrainingRecipe.Ark"/>.</summary>
    internal void Use(TrainingRecipe recipe)
    {
        Recipe = recipe;
        if (recipe != TrainingRecipe.ArkPlus) return;
        Architecture = "swin_large_patch4_window12_768";
        Optimizer = OptimizerKind.AdamW;
        LearningRate = 5e-4;
        WeightDecay = 0.05;
    }

    internal TrainingOptions Clone() => (TrainingOptions)MemberwiseClone();

    internal static ArkInputException Refuse(string setting, string problem, string? mend = null) => new("training options", $"'{setting}'", problem, mend);
}

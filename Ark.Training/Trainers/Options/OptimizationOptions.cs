using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Ark.Data;

namespace Ark.Training;

/// <summary>
/// What can be set about every training, whatever it trains: the network's start, the optimization, the images, the machine and the record.
/// </summary>
public abstract class OptimizationOptions
{
    private protected OptimizationOptions()
    {
    }

    /// <summary>The backbone's name; see <c>SwinVariants</c>.</summary>
    /// <value>The default is that of <see cref="InitialWeights"/>; <c>swin_base_patch4_window7_224</c> where there is none.</value>
    public string? Architecture { get; set; }

    /// <summary>Side of the square input, in pixels.</summary>
    /// <value>The default is the architecture's own size; 224 for segmentation.</value>
    [Range(16, 4096)]
    public int? ImageSize { get; set; }

    /// <summary>A weight file to start from.</summary>
    /// <value>The default is none: random weights.</value>
    public string? InitialWeights { get; set; }

    /// <summary>Where in that file the state dict is: <c>teacher</c>, <c>a.b</c>.</summary>
    /// <value>The default is <see langword="null"/>: the teacher, where there is one.</value>
    public string? NestedKey { get; set; }

    /// <summary>What is taken off the names of that file's tensors; see <see cref="PyTorchLoadOptions.StripPrefix"/>.</summary>
    /// <value>The default is <see langword="null"/>: what training frameworks put there.</value>
    public string? StripPrefix { get; set; }

    /// <summary>
    /// Full names of classes that may be in that file beside the weights, with commas between; see
    /// <see cref="PyTorchLoadOptions.InertNames"/>.
    /// </summary>
    /// <value>The default is none.</value>
    public string? InertNames { get; set; }

    /// <summary>How that file is read.</summary>
    internal PyTorchLoadOptions Reading => new()
    {
        StripPrefix = StripPrefix,
        InertNames = InertNames?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
    };

    /// <summary>How pixels are normalized.</summary>
    /// <value>The default is <see cref="Normalization.ImageNet"/>.</value>
    [EnumDataType(typeof(Normalization), ErrorMessage = "must be imagenet, chestx-ray or none")]
    public Normalization Normalization { get; set; }

    /// <summary>Highest probability of stochastic depth; the first block has 0.</summary>
    /// <value>The default is 0.1; 0 for fine-tuning.</value>
    [Range(0, 0.9)]
    public double DropPathRate { get; set; } = 0.1;

    /// <summary>In which numbers the backbone computes; weights are kept in float32.</summary>
    /// <value>The default is <see cref="TrainingPrecision.Fp32"/>.</value>
    public TrainingPrecision Precision { get; set; }

    /// <summary>Passes over the training images, at most.</summary>
    /// <value>The default is 10 for pretraining, 200 for fine-tuning, 500 for segmentation.</value>
    [Range(1, 1_000_000)]
    public int Epochs { get; set; } = 10;

    /// <summary>
    /// Epochs without a lower validation loss after which training ends; 0 to go on to the last. A pretraining with
    /// <see cref="Fidelity.Published"/> goes on to the last in any case, as the published code does.
    /// </summary>
    /// <value>The default is 0 for pretraining, 10 for fine-tuning, 20 for segmentation.</value>
    [Range(0, 1_000_000)]
    public int Patience { get; set; }

    /// <summary>Whether patience can end a training.</summary>
    internal virtual bool StopsEarly => true;

    /// <summary>Images of a step.</summary>
    /// <value>The default is 32 for pretraining, 64 for fine-tuning, 16 for segmentation.</value>
    [Range(1, 65536)]
    public int BatchSize { get; set; } = 32;

    /// <summary>The optimizer.</summary>
    /// <value>The default is <see cref="OptimizerKind.Sgd"/> for pretraining, <see cref="OptimizerKind.Momentum"/> for the others.</value>
    public OptimizerKind Optimizer { get; set; }

    /// <summary>The learning rate at the top of its schedule.</summary>
    /// <value>The default is 0.3 for pretraining, 0.01 for fine-tuning (of the head), 0.05 for segmentation.</value>
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
    /// <value>The default is what is published, 20 (5 for <see cref="TrainingRecipe.ArkPlus"/>), or a tenth of the schedule where that is
    /// less.</value>
    [Range(0, 1_000_000)]
    public int? WarmupEpochs { get; set; }

    /// <summary>The learning rate that warm-up begins with.</summary>
    /// <value>The default is 1e-6; 0 for segmentation.</value>
    [Range(0.0, 1000)]
    public double WarmupLearningRate { get; set; } = 1e-6;

    /// <summary>The learning rate at the end.</summary>
    /// <value>The default is 1e-5; 0 for segmentation.</value>
    [Range(0.0, 1000)]
    public double MinimumLearningRate { get; set; } = 1e-5;

    /// <summary>What every random number comes from.</summary>
    /// <value>The default is 42 for pretraining, 0 for the others.</value>
    public ulong Seed { get; set; }

    /// <summary>Where tensors live: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <c>cpu</c>.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?", ErrorMessage = "must be cpu, cuda or cuda:N")]
    public string Device { get; set; } = "cpu";

    /// <summary>Threads that decode and transform images ahead of the network.</summary>
    /// <value>The default is 2; the result does not depend on it.</value>
    [Range(1, 1024)]
    public int Workers { get; set; } = 2;

    /// <summary>What happens when an image cannot be read: the run stops, or the image is left out and reported.</summary>
    /// <value>The default is <see cref="BadImagePolicy.Stop"/>.</value>
    public BadImagePolicy BadImages { get; set; }

    /// <summary>
    /// A folder that keeps decoded and resized images, so that only the first epoch decodes files; see <see cref="ImageCache"/>.
    /// </summary>
    /// <value>The default is none. The images that the network sees are the same with and without.</value>
    public string? CacheDirectory { get; set; }

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
    public int MaxCheckpoints { get; set; } = 2;

    /// <summary>A line of progress every so many steps.</summary>
    /// <value>The default is none: one line a pass.</value>
    [Range(1, int.MaxValue)]
    public int? LogInterval { get; set; }

    /// <summary>Whether the run's folder also gets TensorBoard event files (<c>tensorboard/</c>).</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool TensorBoard { get; set; } = true;

    /// <summary>Epochs of warm-up, also where <see cref="WarmupEpochs"/> does not say it.</summary>
    internal int Warmup => WarmupEpochs ?? Math.Min(PublishedWarmup, ScheduleLength / 10);

    /// <summary>Length of the learning-rate schedule in epochs.</summary>
    internal virtual int ScheduleLength => Epochs;

    private protected virtual int PublishedWarmup => 20;

    /// <summary>What the options are of, for messages.</summary>
    private protected abstract string Subject { get; }

    internal LearningRateSchedule CreateSchedule() =>
        new(LearningRate, MinimumLearningRate, WarmupLearningRate, Warmup, ScheduleLength, Schedule, DecayEpochs, DecayRate);

    internal OptimizerSettings CreateOptimizerSettings() =>
        new() { Kind = Optimizer, Momentum = Momentum, WeightDecay = WeightDecay, Epsilon = Epsilon, Beta1 = Beta1, Beta2 = Beta2 };

    /// <summary>Checks every value, and those that depend on each other.</summary>
    /// <exception cref="ArkInputException">A value cannot be used; the message names it.</exception>
    public void Validate()
    {
        foreach (var (property, problem, hint) in Problems()) throw Error(property, problem, hint);
    }

    /// <summary>What is wrong with the values, property by property.</summary>
    internal virtual IEnumerable<(string Property, string Problem, string? Hint)> Problems()
    {
        var problems = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), problems, validateAllProperties: true);
        foreach (var problem in problems)
        {
            var property = problem.MemberNames.First();
            // The property is named anyhow.
            var text = problem.ErrorMessage!.TrimEnd('.').Replace($"The field {property} ", "", StringComparison.Ordinal);
            yield return (property, text, null);
        }

        if (Warmup > 0 && Warmup >= ScheduleLength)
        {
            yield return (nameof(WarmupEpochs), $"a warm-up of {Warmup} epochs does not fit into {ScheduleLength}",
                $"Make it shorter, or train longer ('{nameof(Epochs)}').");
        }

        if (MinimumLearningRate > LearningRate)
        {
            yield return (nameof(MinimumLearningRate),
                string.Create(CultureInfo.InvariantCulture, $"{MinimumLearningRate} is above the learning rate {LearningRate}"),
                $"Lower it, or raise '{nameof(LearningRate)}'.");
        }
    }

    /// <summary>Refuses a device that is not there.</summary>
    /// <exception cref="ArkInputException">There is no such device.</exception>
    internal void RequireDevice()
    {
        if (Device != "cpu" && !TorchSharp.torch.cuda.is_available())
        {
            throw Error(nameof(Device), "no CUDA device can be used here",
                "Use the cpu, or reference a TorchSharp-cuda package and check the driver.");
        }
    }

    /// <summary>The error for a value that cannot be used. It names the property; what speaks of flags or keys translates it.</summary>
    internal ArkInputException Error(string property, string problem, string? hint = null) => new(Subject, $"'{property}'", problem, hint);

    /// <summary>Takes over what is published for what the options are of.</summary>
    internal virtual void UsePublishedValues()
    {
    }

    /// <summary>Makes paths mean the same from another folder, for a run that goes on there.</summary>
    internal void UseFullPaths()
    {
        if (InitialWeights is { } weights) InitialWeights = Path.GetFullPath(weights);
        if (CacheDirectory is { } cache) CacheDirectory = Path.GetFullPath(cache);
    }

    /// <summary>The same options, to be changed.</summary>
    internal OptimizationOptions Copy() => (OptimizationOptions)MemberwiseClone();
}

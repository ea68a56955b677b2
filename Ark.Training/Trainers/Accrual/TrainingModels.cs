using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>Builds the student and the teacher of a run.</summary>
internal static class TrainingModels
{
    public static ModelDescription Describe(
        TrainingOptions options, IReadOnlyList<PreparedDataset> datasets, IReadOnlyList<ArkHead> keptHeads) => new()
        {
            Architecture = options.Architecture!,
            ImageSize = options.ImageSize ?? SwinVariants.Get(options.Architecture!).ImageHeight,
            UseMlpProjector = options.UseMlpProjector,
            ProjectorFeatures = options.ProjectorFeatures,
            Normalization = options.Normalization,
            Heads = HeadPlan.Heads(options.TaskOrder, datasets, keptHeads),
        };

    /// <summary>The two views of a training image.</summary>
    public static TrainingTransform View(TrainingOptions options, int size)
    {
        var recipe = options.Recipe == TrainingRecipe.ArkPlus ? AugmentationRecipe.ArkPlus : AugmentationRecipe.Ark;
        return new TrainingTransform(size, size, recipe, options.Normalization) { MinCropScale = options.MinCropScale };
    }

    /// <summary>
    /// Makes both networks from the run's seed. The teacher starts as a copy of the student, or, as published, is drawn apart; where the
    /// run goes on from a trained model, both are that model's, and only new heads are drawn.
    /// </summary>
    /// <param name="options">How to train.</param>
    /// <param name="description">The model.</param>
    /// <param name="trained">The model to go on from; <see langword="null"/> for none.</param>
    /// <param name="initialWeights">Another file to start from; <see langword="null"/> for none.</param>
    /// <param name="remark">Receives what is to be said of the choice among the weights of the file.</param>
    public static (ArkModel Student, ArkModel Teacher) Create(
        TrainingOptions options, ModelDescription description, TrainedModel? trained, string? initialWeights,
        out string? remark)
    {
        // A generator of the run's own: the process's default one may be used by other runs at the same time.
        using var generator = new Generator(options.Seed);
        using var unfinished = new Unfinished();
        var student = unfinished.Keep(new ArkModel(description.Configuration(options.DropPathRate), generator));
        var teacher = unfinished.Keep(new ArkModel(description.Configuration(options.DropPathRate), generator));
        student.Precision = teacher.Precision = options.Precision == TrainingPrecision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        remark = trained?.Remark;
        if (initialWeights is not null)
        {
            remark = student.load_checkpoint(initialWeights, strict: false, nestedKey: options.NestedKey, options: options.Reading).Remark;
            if (options.Fidelity == Fidelity.Published)
                teacher.load_checkpoint(initialWeights, strict: false, nestedKey: options.NestedKey, options: options.Reading);
        }

        if (options.Fidelity == Fidelity.Corrected) MomentumTeacher.Copy(student, teacher);
        trained?.CopyTo(student, teacher, description);
        unfinished.Finish();
        return (student, teacher);
    }
}

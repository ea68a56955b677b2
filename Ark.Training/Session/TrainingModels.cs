using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>Builds the student and the teacher of a run.</summary>
internal static class TrainingModels
{
    public static ModelDescription Describe(TrainingOptions options, IReadOnlyList<PreparedDataset> datasets) => new()
    {
        Architecture = options.Architecture,
        ImageSize = options.ImageSize ?? SwinVariants.Get(options.Architecture).ImageHeight,
        UseMlpProjector = options.UseMlpProjector,
        ProjectorFeatures = options.ProjectorFeatures,
        Normalization = options.Normalization,
        Heads = [.. datasets.Select(d => KeyValuePair.Create(d.Name, d.Labels))],
    };

    /// <summary>Makes both networks from the run's seed. The teacher starts as a copy of the student, or, as published, is drawn apart.</summary>
    public static (ArkModel Student, ArkModel Teacher) Create(TrainingOptions options, ModelDescription description)
    {
        // A generator of the run's own: the process's default one may be used by other runs at the same time.
        using var generator = new Generator(options.Seed);
        var student = new ArkModel(description.Configuration(options.DropPathRate), generator);
        var teacher = new ArkModel(description.Configuration(options.DropPathRate), generator);
        if (options.InitialWeights is { } path)
        {
            student.load_checkpoint(path, strict: false);
            if (options.Fidelity == Fidelity.Published) teacher.load_checkpoint(path, strict: false);
        }

        if (options.Fidelity == Fidelity.Corrected) MomentumTeacher.Copy(student, teacher);
        return (student, teacher);
    }
}

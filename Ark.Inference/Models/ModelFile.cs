using Ark.Models;

namespace Ark.Inference;

/// <summary>A file that holds a model of Ark: which network of it is meant, and what it is.</summary>
/// <param name="Path">The file.</param>
/// <param name="NestedKey">Where in the file the state dict is; <see langword="null"/> to choose.</param>
/// <param name="Configuration">The network's shape, where the file says it; <see langword="null"/> to recognise it.</param>
/// <param name="Description">What the file says of the model; <see langword="null"/> where nobody knows before it is loaded.</param>
internal sealed record ModelFile(string Path, string? NestedKey, ArkModelConfiguration? Configuration, ModelDescription? Description)
{
    private IReadOnlyList<string> _files = [];

    /// <summary>Size and time of what was opened.</summary>
    public (long Length, DateTime Written) Stamp { get; private init; }

    /// <summary>Which state dict was asked for, under which names; <see langword="null"/> for what is recognized.</summary>
    public string? Source { get; private init; }

    /// <summary>Whether features alone are wanted, so that a file without heads will do.</summary>
    public bool OrBackbone { get; init; }

    /// <summary>How the file is read.</summary>
    public PyTorchLoadOptions? Reading { get; private init; }

    /// <summary>What is to be said of the choice among its weights; <see langword="null"/> for nothing.</summary>
    public string? Remark { get; private init; }

    /// <summary>Whether the file is still the one that was opened.</summary>
    public bool IsUnchanged => StampOf(_files) == Stamp;

    /// <summary>Looks at a file without reading its tensors.</summary>
    /// <param name="path">The file: the checkpoint of a run, or a file of the original Ark or Ark+.</param>
    /// <param name="weights">Which network; a file that holds one alone gives it as the teacher, which is what is released.</param>
    /// <param name="nestedKey">Where in the file the network is, instead of that; <see langword="null"/> for none.</param>
    /// <param name="reading">How to read it; <see langword="null"/> for the defaults.</param>
    /// <param name="imageSize">Rows and columns of an image, where the file does not tell them; <see langword="null"/> for what it tells,
    /// or what is usual.</param>
    /// <exception cref="ArkInputException">The file is no whole checkpoint, or lacks what is asked for.</exception>
    public static ModelFile Open(
        string path, ModelRole weights, string? nestedKey, PyTorchLoadOptions? reading, int? imageSize = null)
    {
        var opened = StampOf([path]);
        var index = CheckpointFile.ReadIndex(path, reading);
        // A folder, or an index of files that hold the weights.
        if (index.Files is not [var only] || only != path) opened = StampOf(index.Files);
        if (nestedKey is not null || !DescribedCheckpoint.IsDescribedBy(index))
        {
            var key = nestedKey ?? (weights == ModelRole.Teacher ? null : StudentKey(index));
            // What is no model is refused where it is loaded.
            var sized = imageSize is { } size ? ArkModelConfiguration.Recognize(index, key, size) : null;
            return new ModelFile(path, key, sized, Description: null)
            {
                Stamp = opened,
                Source = nestedKey is null && reading?.StripPrefix is null ? null : $"{nestedKey} {reading?.StripPrefix}",
                _files = index.Files,
                Reading = reading,
                Remark = StateDictSelection<TensorInfo>.TryChoose(path, index.Root, key, index.StripPrefix, SwinFinder.Instance)?.Remark,
            };
        }

        var description = DescribedCheckpoint.DescriptionOf(index);
        if (imageSize is { } other && other != description.ImageSize)
        {
            throw new ArkInputException(path, "image size", $"holds a model of {description.ImageSize} pixels, not {other}",
                "Leave 'ImageSize' out: the file tells it.");
        }

        // A network that no teacher follows is what there is.
        var hasTeacher = index.Root is PickleDictionary root && root.ContainsKey("teacher");
        return new ModelFile(
            path, weights == ModelRole.Teacher && hasTeacher ? "teacher" : "state_dict", description.Configuration(), description)
        {
            Stamp = opened,
            _files = index.Files,
            Reading = reading,
        };
    }

    /// <summary>Prepares the model for inference, its weights once in memory.</summary>
    public InferenceEngine LoadEngine(InferencePrecision precision) =>
        InferenceEngine.Load(Unchanged(), precision, NestedKey, Shape, Reading, OrBackbone);

    /// <summary>Builds the plain network.</summary>
    public ArkModel LoadNetwork() => ArkModel.Load(Unchanged(), NestedKey, Shape, Reading, OrBackbone, takeOver: null);

    /// <summary>What the file says of the model, or what the network tells.</summary>
    public ModelDescription Describe(ArkModelConfiguration network) => Description ?? new ModelDescription
    {
        Architecture = network.Backbone.Name,
        ImageSize = network.Backbone.ImageHeight,
        UseMlpProjector = network.Projector == ProjectorKind.Mlp,
        ProjectorFeatures = network.Projector == ProjectorKind.None ? 0 : network.ProjectorFeatures,
        Normalization = network.Normalization,
        Heads = network.Heads,
    };

    // Without heads, the loader either says what the file is, or takes it as a backbone.
    private ArkModelConfiguration? Shape => Configuration is not { Heads.Count: 0 } ? Configuration
        : OrBackbone ? Configuration with { IsBackbone = true }
        : null;

    // A host lives longer than a file stays what it is: parts of two models must not answer together.
    private string Unchanged() =>
        IsUnchanged
            ? Path
            : throw new ArkInputException(Path, null, "has changed since the model was loaded from it", "Load the model again.");

    // Of the file itself, where the path is a link.
    private static (long Length, DateTime Written) StampOf(IReadOnlyList<string> paths)
    {
        var files = paths.Select(p => new FileInfo(PathIdentity.Of(p))).ToList();
        return files.TrueForAll(f => f.Exists) ? (files.Sum(f => f.Length), files.Max(f => f.LastWriteTimeUtc)) : default;
    }

    private static string StudentKey(CheckpointIndex index)
    {
        if (index.Root is PickleDictionary root
            && ((string[])["state_dict", "student"]).FirstOrDefault(k => root.Get<PickleDictionary>(k) is not null) is { } key)
            return key;
        throw new ArkInputException(index.Path, null, "holds no student beside a teacher", "Ask for the teacher's weights.");
    }
}

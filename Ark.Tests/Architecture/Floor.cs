namespace Ark.Tests.Architecture;

/// <summary>
/// The folders of the products, lowest first. A file may use what lies in its own folder, or in one that stands before it.
/// </summary>
internal static class Floor
{
    private static readonly string[] Order =
    [
        "Ark.Core",
        "Ark.Core/Text",
        "Ark.Core/Runtime",
        "Ark.Core/Datasets",
        "Ark.Core/Checkpoints/Storage",
        "Ark.Core/Checkpoints/Zip",
        "Ark.Core/Checkpoints/Pickle",
        "Ark.Core/Checkpoints/Formats",
        "Ark.Core/Checkpoints/Modules",
        "Ark.Core/Checkpoints",

        "Ark.Models/Configuration",
        "Ark.Models/Layers",
        "Ark.Models/Weights",
        "Ark.Models/Swin",
        "Ark.Models/Segmentation",
        "Ark.Models",
        "Ark.Models/Inference",
        "Ark.Models/Training",

        "Ark.Data/Imaging/Dicom",
        "Ark.Data/Imaging",
        "Ark.Data/Transforms",
        "Ark.Data/Adapters/Lists",
        "Ark.Data/Adapters/Tables",
        "Ark.Data/Adapters/Npz",
        "Ark.Data/Adapters/Masks",
        "Ark.Data/Adapters",
        "Ark.Data/Catalogue",
        "Ark.Data/Loading",
        "Ark.Data/Checking",

        "Ark.Phantom/Rendering",
        "Ark.Phantom/Datasets",

        "Ark.Inference/Models",
        "Ark.Inference/Serving",
        "Ark.Inference/Embeddings",
        "Ark.Inference/Prediction",
        "Ark.Inference/Segmentation",
        "Ark.Inference/Explanation",
        "Ark.Inference/DependencyInjection",

        "Ark.Training/Progress",
        "Ark.Training/Evaluation/Parquet",
        "Ark.Training/Evaluation/Metrics",
        "Ark.Training/Evaluation",
        "Ark.Training/Evaluation/Comparison",
        "Ark.Training/Evaluation/Segmentation",
        "Ark.Training/Evaluation/Embeddings",
        "Ark.Training/Evaluation/Probing",
        "Ark.Training/Evaluation/Calibration",
        "Ark.Training/Runs/TensorBoard",
        "Ark.Training/Runs/Reports",
        "Ark.Training/Runs",
        "Ark.Training/Trainers/Optimization",
        "Ark.Training/Trainers/Options",
        "Ark.Training/Trainers/Loop",
        "Ark.Training/Trainers/MaskedImages",
        "Ark.Training/Trainers/Accrual",
        "Ark.Training/Trainers/FineTuning",
        "Ark.Training/Trainers/Segmentation",
        "Ark.Training/DependencyInjection",

        "Ark.Cli",
    ];

    /// <summary>What each product may reference itself; what those bring along comes with it.</summary>
    public static IReadOnlyDictionary<string, string[]> References { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Ark.Core"] = [],
        ["Ark.Models"] = ["Ark.Core"],
        ["Ark.Data"] = ["Ark.Core"],
        ["Ark.Phantom"] = ["Ark.Data"],
        ["Ark.Inference"] = ["Ark.Data", "Ark.Models"],
        ["Ark.Training"] = ["Ark.Inference"],
        ["Ark.Cli"] = ["Ark.Phantom", "Ark.Training"],
    };

    /// <summary>The floor of a file: how many folders stand before its own.</summary>
    /// <param name="path">The file, relative to the repository, with slashes.</param>
    /// <returns>Its floor; -1 where its folder has none.</returns>
    public static int Of(string path) => Array.IndexOf(Order, path[..path.LastIndexOf('/')]);
}

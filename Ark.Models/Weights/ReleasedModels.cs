namespace Ark.Models;

/// <summary>
/// The released models whose heads are known with certainty. A weight file says how many outputs each head has, not what they mean: that
/// stands here, so that <see cref="ArkModel.Load(string, string?, PyTorchLoadOptions?)"/> can name them.
/// </summary>
public static class ReleasedModels
{
    private static readonly string[] CheXpert =
    [
        "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia",
        "Atelectasis", "Pneumothorax",
        "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
    ];

    // Not the order of the published configuration: the published code reads MIMIC's columns by position, and so learnt the order of the
    // CSV file.
    private static readonly string[] Mimic =
    [
        "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture", "Lung Lesion", "Lung Opacity",
        "No Finding", "Pleural Effusion",
        "Pleural Other", "Pneumonia", "Pneumothorax", "Support Devices",
    ];

    private static readonly string[] ChestXray14 =
    [
        "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax", "Consolidation", "Edema",
        "Emphysema", "Fibrosis",
        "Pleural_Thickening", "Hernia",
    ];

    private static readonly ArkHead[] SixDatasets =
    [
        new("MIMIC", new LabelSchema(LabelTask.MultiLabel, Mimic)),
        new("CheXpert", new LabelSchema(LabelTask.MultiLabel, CheXpert)),
        new("ChestXray14", new LabelSchema(LabelTask.MultiLabel, ChestXray14)),
        new("RSNAPneumonia", new LabelSchema(LabelTask.MultiClass, ["Normal", "No Lung Opacity/Not Normal", "Lung Opacity"])),
        new(
            "VinDrCXR",
            new LabelSchema(LabelTask.MultiLabel, ["PE", "Lung tumor", "Pneumonia", "Tuberculosis", "Other diseases", "No finding"])),
        new("Shenzhen", new LabelSchema(LabelTask.Binary, ["TB"])),
    ];

    /// <summary>
    /// Every model: <c>ark6</c> (MICCAI 2023; Swin-B, 224 pixels, MLP projector) and <c>ark6-plus</c> (Nature 2025; Swin-L, 768 pixels,
    /// linear projector), both trained on MIMIC, CheXpert, ChestX-ray14, RSNA, VinDr-CXR and Shenzhen, and <c>ark5</c> (Swin-B, 224 pixels,
    /// linear projector), trained on the same without MIMIC; all with 1376 projected features and ImageNet's normalisation. The order of
    /// the heads of <c>ark5</c> is that of the datasets in the published training command.
    /// </summary>
    public static IReadOnlyList<ReleasedModel> All { get; } =
    [
        new("ark6", "ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar",
            Of("swin_base_patch4_window7_224", ProjectorKind.Mlp, SixDatasets)),
        new("ark6-plus", "Ark6_swinLarge768_ep50.pth.tar", Of("swin_large_patch4_window12_768", ProjectorKind.Linear, SixDatasets)),
        new("ark5", "ark5_teacher_ep200_swinb_projector1376.pth.tar",
            Of("swin_base_patch4_window7_224", ProjectorKind.Linear, SixDatasets[1..])),
    ];

    /// <summary>The model of a name.</summary>
    /// <param name="name">One of <see cref="All"/>; case does not matter.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ArkInputException">There is none; the message lists the known ones.</exception>
    public static ReleasedModel Get(string name) =>
        All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArkInputException(
            $"released model '{name}'", null, "is not known", $"Known: {string.Join(", ", All.Select(m => m.Name))}.");

    /// <summary>The released model of a shape.</summary>
    /// <param name="configuration">Backbone, image size, projector and the heads' numbers of outputs; their names do not matter.</param>
    /// <returns>The model, or <see langword="null"/>: labels are never guessed for a model that differs in any of these.</returns>
    public static ReleasedModel? Match(ArkModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return All.FirstOrDefault(m => IsSame(m.Configuration, configuration));
    }

    /// <summary>Whether a released model has the same backbone, image size and projector, whatever its heads are.</summary>
    internal static bool HasTrunkOfOne(ArkModelConfiguration configuration) => All.Any(m => HasSameTrunk(m.Configuration, configuration));

    private static bool IsSame(ArkModelConfiguration released, ArkModelConfiguration other) =>
        HasSameTrunk(released, other) && released.Heads.Select(h => h.Outputs).SequenceEqual(other.Heads.Select(h => h.Outputs));

    private static bool HasSameTrunk(ArkModelConfiguration released, ArkModelConfiguration other) =>
        (
            released.Backbone.Name,
            released.Backbone.ImageHeight,
            released.Backbone.ImageWidth,
            released.Projector,
            released.ProjectorFeatures)
        == (other.Backbone.Name, other.Backbone.ImageHeight, other.Backbone.ImageWidth, other.Projector, other.ProjectorFeatures);

    private static ArkModelConfiguration Of(string architecture, ProjectorKind projector, ArkHead[] heads) => new()
    {
        Backbone = SwinVariants.Get(architecture) with { NumClasses = 0 },
        Projector = projector,
        ProjectorFeatures = 1376,
        Heads = heads,
    };
}

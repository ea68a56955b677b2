namespace Ark;

/// <summary>One image of a dataset with its target.</summary>
/// <param name="Image">Where the pixels come from.</param>
/// <param name="Targets">One value per label of the schema; see <see cref="LabelSchema"/> for their meaning.</param>
public sealed record ImageSample(ImageSource Image, float[] Targets)
{
    /// <summary>The patient, where the dataset tells: splits and bootstrap intervals go by patient.</summary>
    public string? PatientId { get; init; }

    /// <summary>The row that names the image, where the dataset has rows: checks report it.</summary>
    public ListPlace? Place { get; init; }
}

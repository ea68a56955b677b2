namespace Ark.Phantom;

/// <summary>One planned picture of a dataset.</summary>
/// <param name="Split">Its split.</param>
/// <param name="Patient">The virtual patient, unique within the dataset.</param>
/// <param name="Exposure">Which picture of the patient.</param>
/// <param name="View">The view.</param>
/// <param name="Findings">What it shows.</param>
/// <param name="Labels">What the list says, one field per label; for a class, one field with its number.</param>
internal sealed record PhantomCase(
    DatasetSplit Split,
    ulong Patient,
    ulong Exposure,
    PhantomView View,
    IReadOnlyList<PhantomFinding> Findings,
    IReadOnlyList<string> Labels)
{
    /// <summary>The patient's name in lists and files.</summary>
    public string PatientName => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"patient{Patient:D5}");

    /// <summary>The image's file name.</summary>
    public string FileName => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{PatientName}_{Exposure}.png");
}

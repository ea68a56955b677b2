namespace Ark.Data;

/// <summary>What a reading of a split found that is no error, and that whoever checks the dataset must hear of.</summary>
internal sealed class ReadingNotes
{
    /// <summary>Words of a column of findings that are no label, and in how many rows each stands.</summary>
    public Dictionary<string, int> UnknownFindings { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>DICOM files without a picture that lie among the images.</summary>
    public List<string> PassedOver { get; } = [];

    /// <summary>Images whose labels no row of the table tells.</summary>
    public int Unlabeled { get; set; }
}

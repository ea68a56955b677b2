namespace Ark.Data;

/// <summary>The places where an attribute of a single frame may stand.</summary>
internal static class DicomGroups
{
    /// <summary>The data set itself, then its shared functional groups, then those of its first frame.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="macro">The sequence within a functional group.</param>
    public static IEnumerable<DicomDataSet> Of(DicomDataSet data, uint macro)
    {
        yield return data;
        foreach (var groups in new[] { DicomTag.SharedFunctionalGroups, DicomTag.PerFrameFunctionalGroups })
        {
            if (data.FirstOf(groups)?.FirstOf(macro) is { } found) yield return found;
        }
    }
}

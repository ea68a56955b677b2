namespace Ark.Inference;

/// <summary>Finds structures by their names.</summary>
internal static class StructureIndex
{
    /// <summary>
    /// The place of a name: that of the name as it is written, else of one that differs in upper and lower case alone; -1 where there is
    /// neither.
    /// </summary>
    public static int Of(IReadOnlyList<string> structures, string name)
    {
        var names = structures.ToList();
        var exact = names.IndexOf(name);
        return exact >= 0 ? exact : names.FindIndex(s => string.Equals(s, name, StringComparison.OrdinalIgnoreCase));
    }
}

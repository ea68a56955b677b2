namespace Ark.Data;

/// <summary>What programs write where a table has nothing.</summary>
internal static class MissingWords
{
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase)
        { "", "nan", "-nan", "NA", "N/A", "#N/A", "<NA>", "null" };

    /// <summary>Whether a field says that nothing is known.</summary>
    /// <param name="field">The field, without blanks around it.</param>
    public static bool Contain(string field) => Words.Contains(field);
}

namespace Ark;

/// <summary>Values of enumerations in files. .NET's own reader takes numbers, too, and lists with commas.</summary>
internal static class EnumNames
{
    /// <summary>The value of a name.</summary>
    /// <param name="name">The name, and nothing around it.</param>
    /// <param name="ignoreCase">Whether it may be written in other letters.</param>
    /// <returns><see langword="null"/> where there is none of that name.</returns>
    public static T? Find<T>(string? name, bool ignoreCase = false)
        where T : struct, Enum
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return Array.Find(Enum.GetNames<T>(), n => n.Equals(name, comparison)) is { } known ? Enum.Parse<T>(known) : null;
    }
}

namespace Ark.Data;

/// <summary>Where something stands in a catalogue: configuration has keys alone, a file has lines too.</summary>
internal static class CataloguePlace
{
    /// <summary>The place for a message.</summary>
    /// <param name="line">From 1; 0 where there are no lines.</param>
    /// <param name="at">The dataset and key.</param>
    public static string Of(int line, string at) => line > 0 ? $"line {line}, {at}" : at;
}

namespace Ark.Data;

/// <summary>An option of the catalogue's <c>training:</c> section, as written. Whoever trains knows what it means.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value; the items of a list are joined by commas.</param>
/// <param name="Line">The line of the key in the file, from 1.</param>
internal readonly record struct CatalogueOption(string Key, string Value, int Line);

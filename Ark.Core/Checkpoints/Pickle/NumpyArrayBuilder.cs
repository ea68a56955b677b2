namespace Ark;

/// <summary>An array between its construction and the BUILD that fills it.</summary>
internal sealed class NumpyArrayBuilder
{
    /// <summary>The array, or the record of one of objects, once it has been filled.</summary>
    public object? Result { get; set; }
}

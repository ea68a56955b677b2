namespace Ark;

/// <summary>An array between its construction and the BUILD that fills it.</summary>
internal sealed class NumpyArrayBuilder
{
    /// <summary>The array, once it has been filled.</summary>
    public NumpyArray? Result { get; set; }
}

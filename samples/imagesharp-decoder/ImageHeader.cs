namespace Samples;

/// <summary>What an image says of itself before it is decoded.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Bits">Bits of a sample.</param>
/// <param name="Samples">Samples of a pixel; a palette's index is one.</param>
/// <param name="IsGray">Whether it has no color.</param>
/// <param name="IsInterlaced">Whether a PNG has its pixels in seven passes.</param>
public readonly record struct ImageHeader(int Width, int Height, int Bits, int Samples, bool IsGray, bool IsInterlaced);

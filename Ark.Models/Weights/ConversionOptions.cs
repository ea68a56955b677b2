using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>What becomes of a weight file when it is converted.</summary>
public sealed record ConversionOptions
{
    /// <summary>Where in the file the state dict is.</summary>
    /// <value>The default, <see langword="null"/>, chooses as <see cref="ArkModel.Load(string, string?, PyTorchLoadOptions?)"/>
    /// does.</value>
    public string? NestedKey { get; init; }

    /// <summary>How the file is read.</summary>
    /// <value>The default, <see langword="null"/>, is as everywhere; without a <see cref="Layout"/> only what all names share is taken
    /// off them.</value>
    public PyTorchLoadOptions? Reading { get; init; }

    /// <summary>Whose names the new file has.</summary>
    /// <value>The default, <see langword="null"/>, keeps those of the file.</value>
    public WeightLayout? Layout { get; init; }

    /// <summary>
    /// A file whose projector and dataset heads take the place of the input's, such as one that holds nothing else.
    /// </summary>
    /// <value>The default, <see langword="null"/>, keeps those of the input.</value>
    public string? Heads { get; init; }

    /// <summary>The type of floating-point numbers in the new file: Float64, Float32, Float16 or BFloat16. Integers keep theirs.</summary>
    /// <value>The default, <see langword="null"/>, keeps it.</value>
    public ScalarType? DataType { get; init; }
}

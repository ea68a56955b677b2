namespace Ark.Models;

/// <summary>What becomes of a weight file when it is converted.</summary>
internal sealed record ConversionOptions
{
    /// <summary>Where in the file the state dict is; <see langword="null"/> chooses.</summary>
    public string? NestedKey { get; init; }

    /// <summary>Whose names the new file has; <see langword="null"/> keeps those of the file.</summary>
    public WeightLayout? Layout { get; init; }

    /// <summary>The type of floating-point numbers in the new file; <see langword="null"/> keeps it.</summary>
    public ElementType? Element { get; init; }

    /// <summary>Is told how many bytes have been read, and how many there are.</summary>
    public Action<long, long>? OnProgress { get; init; }
}

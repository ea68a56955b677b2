namespace Ark;

/// <summary>What a format's reader finds.</summary>
/// <param name="Format">The format.</param>
/// <param name="Root">The tree of values.</param>
internal sealed record CheckpointContent(CheckpointFormat Format, object? Root)
{
    /// <summary>The texts in a safetensors header.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Compares the checksums of entries that no tensor refers to.</summary>
    public Action? VerifyRest { get; init; }
}

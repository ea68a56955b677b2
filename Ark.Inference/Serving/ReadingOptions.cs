using Ark.Data;

namespace Ark.Inference;

/// <summary>How many images are read through a model.</summary>
internal sealed record ReadingOptions
{
    public int BatchSize { get; init; } = 32;

    public int Workers { get; init; } = 2;

    /// <summary>Views of an image: 1 or 10.</summary>
    public int Crops { get; init; } = 1;

    public BadImagePolicy BadImages { get; init; }

    /// <summary>Is told of each image that is left out, on the reading thread, before progress is.</summary>
    public Action<SkippedImage>? OnSkipped { get; init; }

    /// <summary>How many samples were read before these, for progress.</summary>
    public int Before { get; init; }

    /// <summary>What is read, for messages.</summary>
    public string? Source { get; init; }

    /// <summary>What is being done, for progress.</summary>
    public string What { get; init; } = "reading";
}

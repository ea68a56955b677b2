namespace Ark.Models;

/// <summary>What turns the features of a backbone into scores.</summary>
public enum UperNetDecoder
{
    /// <summary>
    /// As the publication of Ark+ builds it: features after patch merging and without norms, one smoothing convolution for all levels.
    /// </summary>
    Published,

    /// <summary>
    /// Features before patch merging behind a norm of their own, smoothing convolutions of their own, and levels of half and a quarter of
    /// the image's resolution made from the image itself: for structures that are thinner than a patch.
    /// </summary>
    Detailed,
}

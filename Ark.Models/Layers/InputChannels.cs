using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Networks of one input channel among pictures of three, and the other way round. Radiographs are grey: the three channels that every
/// picture is prepared as differ in their normalisation alone.
/// </summary>
internal static class InputChannels
{
    private const string Weight = "patch_embed.proj.weight";

    /// <summary>Channels that pictures are prepared as.</summary>
    public const int OfPictures = 3;

    /// <summary>Whether a network takes images of so many channels.</summary>
    public static bool Fits(long channels, int network) => channels == network || (channels == OfPictures && network == 1);

    /// <summary>
    /// Images as a network takes them: for one of one channel the mean of the three. The caller owns the result.
    /// </summary>
    public static Tensor Fit(Tensor images, int network) =>
        images.size(1) == network ? images.alias() : images.mean([1], keepdim: true);

    /// <summary>Whether the first layer's weights can be made from those of a network of other channels.</summary>
    public static bool CanResize(string name, ReadOnlySpan<long> from, ReadOnlySpan<long> to) =>
        (name == Weight || name.EndsWith("." + Weight, StringComparison.Ordinal))
        && from.Length == 4 && to.Length == 4 && from[0] == to[0] && from[2..].SequenceEqual(to[2..])
        && (from[1], to[1]) is (OfPictures, 1) or (1, OfPictures);

    /// <summary>
    /// The weights for one channel are the sum of those for three, as timm makes them; for three, each is a third of that for one.
    /// </summary>
    public static Tensor Resize(Tensor weights, long channels)
    {
        if (channels == 1) return weights.sum(1, keepdim: true);
        using var scope = NewDisposeScope();
        return weights.expand(-1, channels, -1, -1).Times(1.0 / channels).MoveToOuterDisposeScope();
    }
}

using Ark.Data;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>A segmentation network with what one must know to use it. Owns the network. Thread-safe.</summary>
public sealed class LoadedSegmenter : IDisposable
{
    private readonly UperNet _network;
    private readonly SegmentationDescription _description;
    private readonly SegmentationTransform _transform;
    private readonly Device _device;

    private LoadedSegmenter(string checkpoint, UperNet network, SegmentationDescription description, Device device)
    {
        (Checkpoint, _network, _description, _device) = (checkpoint, network, description, device);
        _transform = description.Transform();
    }

    /// <summary>The file that it was loaded from.</summary>
    public string Checkpoint { get; }

    /// <summary>The structures that it finds, in the order of its outputs.</summary>
    public IReadOnlyList<string> Structures => _description.Network.Structures;

    /// <summary>Side of the square that pictures are resized to, in pixels.</summary>
    public int ImageSize => _description.ImageSize;

    /// <summary>Loads the network of a checkpoint.</summary>
    /// <param name="path">A checkpoint that a segmentation training wrote: <c>checkpoints/best.pth.tar</c> of its folder.</param>
    /// <param name="device">Where it shall live: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <returns>The network; the caller disposes it.</returns>
    /// <exception cref="ArkInputException">The file is no whole checkpoint of a segmentation network.</exception>
    public static LoadedSegmenter Load(string path, string device = "cpu")
    {
        var target = ComputeDevice.Of(device);
        var (network, description, _) = SegmentationModelFile.LoadNetwork(path);
        using var unfinished = new Unfinished();
        unfinished.Keep(network).to(target);
        foreach (var parameter in network.parameters()) parameter.requires_grad = false;
        var loaded = new LoadedSegmenter(path, network, description, target);
        unfinished.Finish();
        return loaded;
    }

    /// <summary>
    /// Finds the structures in a picture, in the picture's own grid: scores are resized to it, and a pixel belongs to a structure where its
    /// probability is above one half. Then <see cref="MaskCleaning"/> takes out what no organ looks like.
    /// </summary>
    /// <param name="image">The picture.</param>
    /// <param name="stretch">Whether its grey levels are spread over the full range first.</param>
    /// <param name="raw">Whether masks are left as the network finds them.</param>
    /// <param name="cancellationToken">Ends the work between two structures.</param>
    /// <returns>One mask for each structure.</returns>
    internal Mask[] Segment(
        RasterImage image, bool stretch = false, bool raw = false, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var size = _transform.Size;
        var input = new float[3 * size.Pixels];
        _transform.Write(PreparedPicture.Resize(stretch ? GrayStretch.Apply(image) : image, size), input);
        var scores = _network.forward(tensor(input, [1, 3, size.Height, size.Width]).to(_device)).cpu();
        var masks = new Mask[Structures.Count];
        for (var k = 0; k < masks.Length; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            masks[k] = Inside(scores.narrow(1, k, 1), image);
            if (!raw && MaskCleaning.IsFor(Structures[k])) MaskCleaning.Clean(masks[k]);
        }

        return masks;
    }

    // One structure at a time: at full resolution all of them would take too much memory.
    private static Mask Inside(Tensor scores, RasterImage image)
    {
        using var wide = Resizing.ToEdges(scores, image.Height, image.Width);
        using var inside = wide.gt(KeptScalar.Zero);
        return new Mask(image.Width, image.Height, inside.data<bool>().ToArray());
    }

    /// <summary>Disposes the network.</summary>
    public void Dispose() => _network.Dispose();
}

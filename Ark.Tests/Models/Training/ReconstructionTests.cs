using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

/// <summary>A step of masked image modeling, held to what the paper's equations give (<c>eng/recorded/simmim.py</c>).</summary>
public class ReconstructionTests
{
    private const double Tolerance = 1e-5;

    private static SwinConfiguration Shape { get; } = new()
    {
        ImageHeight = 32,
        ImageWidth = 32,
        PatchSize = 4,
        WindowSize = 4,
        EmbedDim = 16,
        Depths = [2, 1],
        NumHeads = [2, 4],
        NumClasses = 0,
        DropPathRate = 0,
        AbsolutePositionEmbedding = true,
    };

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void Embeddings_pixels_loss_and_gradients_are_the_recorded_ones(bool fused, int parts)
    {
        using var scope = NewDisposeScope();
        var recorded = Reference.Tensors("simmim", "step.safetensors");
        using var network = new SwinTransformer(Shape);
        using var reconstruction = new Reconstruction(Shape, generator: null);
        Fill(network, reconstruction);
        using var blocks = fused ? FusedBlocks.Create(Shape, network.Precision, 2) : null;
        Assert.SkipWhen(fused && blocks is null, "There are no kernels for this processor.");
        var (images, hidden) = (recorded["images"], recorded["hidden"].to(ScalarType.Bool));
        Reference.AssertClose(
            "embedded", network.Embed(images, reconstruction.MaskOf(hidden)), recorded["embedded"], Tolerance);

        var (decoded, sum) = (new List<Tensor>(), 0.0);
        foreach (var (own, ownHidden) in images.chunk(parts).Zip(hidden.chunk(parts)))
        {
            using var pass = new TrainingPass(network, own, blocks, checkpoint: false, mask: reconstruction.MaskOf(ownHidden));
            decoded.Add(reconstruction.Decode(network, pass.Tokens));
            var loss = reconstruction.LossOf(decoded[^1], own, ownHidden, hidden.sum().item<long>());
            pass.Backward(loss);
            sum += loss.item<float>();
        }

        Reference.AssertClose("decoded", cat(decoded), recorded["decoded"], Tolerance);
        Assert.Equal(recorded["loss"].item<double>(), sum, Tolerance * recorded["loss"].item<double>());
        var gradients = network.named_parameters().Concat(reconstruction.named_parameters())
            .ToDictionary(p => p.name, p => p.parameter.grad, StringComparer.Ordinal);
        var names = recorded.Keys.Where(k => k.StartsWith("grad.", StringComparison.Ordinal)).ToList();
        Assert.Equal(12, names.Count);
        Assert.All(names, n => Reference.AssertClose(n, gradients[n["grad.".Length..]]!, recorded[n], Tolerance));
    }

    [Fact]
    public void Pixels_that_can_be_seen_do_not_count_and_hidden_ones_are_not_looked_at()
    {
        using var scope = NewDisposeScope();
        using var network = new SwinTransformer(Shape);
        using var reconstruction = new Reconstruction(Shape, generator: null);
        Fill(network, reconstruction);
        network.eval();
        var recorded = Reference.Tensors("simmim", "step.safetensors");
        var (images, hidden) = (recorded["images"], recorded["hidden"].to(ScalarType.Bool));
        var pixels = hidden.repeat_interleave(4, 1).repeat_interleave(4, 2).unsqueeze(1);

        // Other pixels below the mask: the network must say the same.
        var others = where(pixels, images.neg(), images);
        var (decoded, again) = (Decoded(images), Decoded(others));
        Assert.True(decoded.equal(again).all().item<bool>());

        // Other answers where all can be seen: the loss must be the same.
        var count = hidden.sum().item<long>();
        var elsewhere = where(pixels, decoded, decoded.neg());
        Assert.Equal(
            reconstruction.LossOf(decoded, images, hidden, count).item<float>(),
            reconstruction.LossOf(elsewhere, images, hidden, count).item<float>());

        Tensor Decoded(Tensor given)
        {
            using var off = no_grad();
            using var pass = new TrainingPass(network, given, blocks: null, checkpoint: true, mask: reconstruction.MaskOf(hidden));
            return reconstruction.Decode(network, pass.Tokens);
        }
    }

    private static void Fill(SwinTransformer network, Reconstruction reconstruction)
    {
        using var off = no_grad();
        var weights = Reference.Tensors("simmim", "weights.safetensors");
        var targets = network.named_parameters().Concat(reconstruction.named_parameters()).ToList();
        Assert.Equal(weights.Keys.Order(StringComparer.Ordinal), targets.Select(t => t.name).Order(StringComparer.Ordinal));
        foreach (var (name, parameter) in targets) parameter.copy_(weights[name]);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Leaks;

/// <summary>Models and engines whose making throws: nobody gets them, so nobody could dispose what they hold.</summary>
public class FailedModelTests
{
    [Fact]
    public void Model_of_a_shape_that_is_refused_leaves_no_tensor()
    {
        LiveTensors.AssertNoneLeft<ArkInputException>(() => new ArkModel(TinyModel.Configuration with { Heads = [] }));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => new ArkModel(TinyModel.Configuration with { ProjectorFeatures = 0 }));
        LiveTensors.AssertNoneLeft<ArgumentOutOfRangeException>(() => new ArkModel(TinyModel.Configuration with
        {
            Projector = (ProjectorKind)9
        }));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => ArkModel.Allocate(TinyModel.Configuration with
        {
            Backbone = TinyModel.Configuration.Backbone with { NumHeads = [3, 2] }
        }));
    }

    [Fact]
    public void Files_that_are_cut_or_hold_something_else_leave_no_tensor_whoever_loads_them()
    {
        using var folder = new TemporaryFolder();
        var (cut, other) = (folder.PathOf("cut.safetensors"), folder.PathOf("other.safetensors"));
        using (var model = new ArkModel(TinyModel.Configuration, new Generator(1))) Safetensors.Save(cut, model.state_dict());
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^10]);
        using (var number = ones(2)) Safetensors.Save(other, [KeyValuePair.Create("omni_heads.0.weight", number)]);
        foreach (var path in (string[])[cut, other])
        {
            LiveTensors.AssertNoneLeft<ArkInputException>(() => ArkModel.Load(path));
            LiveTensors.AssertNoneLeft<ArkInputException>(() => InferenceEngine.Load(path));
            LiveTensors.AssertNoneLeft<ArkInputException>(() => SwinTransformer.Load(path));
        }
    }

    [Fact]
    public void Engine_that_cannot_be_made_frees_what_it_has_packed()
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "There are no kernels for this processor.");
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        // As many threads as none: found out when the weights are packed.
        long Made() =>
            BytesLeftBy(() => Assert.ThrowsAny<ArgumentException>(() => InferenceEngine.Create(
                model, InferencePrecision.Fp32, threads: -1)));
        Assert.Equal((0, 0), (Made(), LiveTensors.LeftBy(() => Made())));
        // And the counter sees an engine.
        InferenceEngine? engine = null;
        Assert.InRange(BytesLeftBy(() => engine = InferenceEngine.Create(model)), 1000, long.MaxValue);
        Assert.InRange(BytesLeftBy(engine!.Dispose), long.MinValue, -1000);
    }

    [Fact]
    public void Pass_that_throws_leaves_no_output()
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "There are no kernels for this processor.");
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var network = new PreparedNetwork(model, streamed: null, InferencePrecision.Fp32);
        using var pass = new FastPass(network, threads: 1);
        using var rows = rand(2, 16, 16, 3);
        using var scattered = rows.permute(0, 3, 1, 2);
        const InferenceOutputs all =
            InferenceOutputs.Tokens | InferenceOutputs.Pooled | InferenceOutputs.Projected | InferenceOutputs.Logits;
        Assert.Equal(0, LiveTensors.LeftBy(() => Assert.ThrowsAny<Exception>(() => pass.Run(scattered, all))));
        using var dense = scattered.contiguous();
        Assert.Equal(5, LiveTensors.LeftBy(() => pass.Run(dense, all)));
    }

    [Fact]
    public void Buffer_holds_one_allocation_and_frees_it()
    {
        var buffer = new NativeBuffer(1000);
        Assert.Equal(2000, BytesLeftBy(() => buffer.Reserve(3000)));
        Assert.Equal(-3000, BytesLeftBy(buffer.Dispose));
        Assert.Equal(0, BytesLeftBy(buffer.Dispose));
        Assert.Equal(1000, BytesLeftBy(() => buffer.Reserve(1000)));
        buffer.Dispose();
    }

    [Fact]
    public void Memory_that_nobody_disposes_is_freed_by_its_finalizer()
    {
        // More than all other tests could forget; it is never touched, so it costs nothing.
        const long much = 1L << 30;
        var before = FreedByFinalizers();
        Forget();
        var after = before;
        // One collection may still find the object on a stack.
        for (var i = 0; i < 10 && after > before - much; i++) after = FreedByFinalizers();
        Assert.InRange(after, long.MinValue, before - much);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget() => _ = new NativeAllocation(much, 64);
    }

    [Fact]
    public void Scale_of_attention_is_freed_with_the_module()
    {
        var attention = new WindowAttention(TinyModel.Configuration.Backbone, stage: 0, device: null);
        Assert.Equal(0.5, attention.Scale.ToDouble());
        attention.Dispose();
        Assert.Throws<InvalidOperationException>(() => attention.Scale.ToDouble());
    }

    private static long BytesLeftBy(Action action)
    {
        var before = NativeAllocation.LiveOnThread;
        action();
        return NativeAllocation.LiveOnThread - before;
    }

    // The counter is of a thread, and so that of the finalizers is read by a finalizer.
    private static long FreedByFinalizers()
    {
        var seen = new long[1];
        Drop(seen);
        for (var i = 0; i < 10 && seen[0] == 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return seen[0] - 1;

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Drop(long[] seen) => _ = new Probe(seen);
    }

    private sealed class Probe(long[] seen)
    {
        // One more than the counter, which may be 0; it never rises there.
        [SuppressMessage("Design", "MA0055", Justification = "Has to run where finalizers run.")]
        ~Probe() => seen[0] = NativeAllocation.LiveOnThread + 1;
    }
}

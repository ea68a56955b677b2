using System.Collections.Concurrent;
using Ark.Inference;
using Ark.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;

namespace Ark.Tests.Inference;

/// <summary>Many callers, one model.</summary>
public class ModelServiceTests(SmallModel small) : IClassFixture<SmallModel>
{
    private const int Pictures = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Concurrent_callers_get_what_a_single_one_gets() => Compare(callers: 64, requests: 6);

    [Fact]
    public async Task A_bad_image_fails_its_caller_alone()
    {
        await using var host = small.Host();
        var classifier = host.GetRequiredService<IArkClassifier>();
        var calls = Enumerable.Range(0, 40).Select(i => i % 5 == 3
            ? classifier.ClassifyAsync(new DataContent(SmallModel.Png(i).AsMemory(0, 200), "image/png") { Name = $"cut {i}" }, Token)
            : classifier.ClassifyAsync(SmallModel.Content(i), Token)).ToArray();
        for (var i = 0; i < calls.Length; i++)
        {
            if (i % 5 == 3)
                Assert.Contains(
                    $"cut {i}", (await Assert.ThrowsAsync<ArkInputException>(() => calls[i])).Message, StringComparison.Ordinal);
            else Assert.Equal(3, (await calls[i]).Heads.Count);
        }
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_others_alone()
    {
        await using var host = small.Host(o => o.QueueCapacity = 2);
        var classifier = host.GetRequiredService<IArkClassifier>();
        using var impatient = new CancellationTokenSource();
        using var gate = new Gate();
        // Two that are being decoded take both places, so that everybody else waits for one.
        var (held, heldImpatient) = (
            classifier.ClassifyAsync(new HeldImage(gate), Token), classifier.ClassifyAsync(new HeldImage(gate), impatient.Token));
        await gate.Reached(2);
        var waiting = Enumerable.Range(0, 10).Select(i => classifier.ClassifyAsync(SmallModel.Content(i), Token)).ToArray();
        var waitingImpatient = Enumerable.Range(0, 10).Select(i => classifier.ClassifyAsync(
            SmallModel.Content(i), impatient.Token)).ToArray();
        await impatient.CancelAsync();
        foreach (var call in waitingImpatient)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience, Token));
        Assert.All((Task[])[held, .. waiting], call => Assert.False(call.IsCompleted));

        gate.Open();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => heldImpatient.WaitAsync(Patience, Token));
        foreach (var call in (Task<ImagePrediction>[])[held, .. waiting])
            Assert.Equal(3, (await call.WaitAsync(Patience, Token)).Heads.Count);
    }

    [Fact]
    public async Task Shutting_down_while_busy_ends_every_call()
    {
        // An image that is prepared waits a minute for the one that is held.
        var host = small.Host(o => (o.QueueCapacity, o.MaxBatchDelay) = (4, TimeSpan.FromMinutes(1)));
        var classifier = host.GetRequiredService<IArkClassifier>();
        using var gate = new Gate();
        Task<ImagePrediction>[] calls = [classifier.ClassifyAsync(new HeldImage(gate), Token)];
        await gate.Reached(1);
        // Three have a place beside it, the others wait for one.
        calls = [.. calls, .. Enumerable.Range(0, 12).Select(i => classifier.ClassifyAsync(SmallModel.Content(i), Token))];
        await host.DisposeAsync().AsTask().WaitAsync(Patience, Token);
        foreach (var call in calls[1..]) await Assert.ThrowsAsync<ObjectDisposedException>(() => call.WaitAsync(Patience, Token));
        Assert.False(calls[0].IsCompleted);

        gate.Open();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => calls[0].WaitAsync(Patience, Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.ClassifyAsync(SmallModel.Content(0), Token));
    }

    [Fact]
    public void Batches_and_hosts_leave_no_tensor()
    {
        // The counter is of one thread: what the service's own thread runs is run here.
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var host = small.Host())
        {
            _ = host.GetRequiredService<IArkClassifier>();
            var model = host.GetRequiredKeyedService<LoadedModel>("small");
            Assert.True(DisposeScopeManager.Statistics.ThreadTotalLiveCount > before);
            var runner = new ModelRunner(model);
            var images = new float[3 * runner.ViewLength];
            var live = new List<long>();
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(4, runner.RunAll(
                    images,
                    3,
                    InferenceOutputs.Tokens | InferenceOutputs.Pooled | InferenceOutputs.Projected | InferenceOutputs.Logits).Count);
                live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount - before);
            }

            Assert.Single(live.Distinct());
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public async Task A_single_caller_does_not_wait_for_the_batch_to_fill()
    {
        // Each would wait the longest delay that a host may ask for: twenty minutes in all, which no load makes of twenty small pictures.
        await using var host = small.Host(o => o.MaxBatchDelay = TimeSpan.FromMinutes(1));
        var classifier = host.GetRequiredService<IArkClassifier>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(19));
        for (var i = 0; i < 20; i++) await classifier.ClassifyAsync(SmallModel.Content(i), limit.Token);
    }

    private async Task Compare(int callers, int requests)
    {
        await using var host = small.Host();
        var classifier = host.GetRequiredService<IArkClassifier>();
        Assert.True(await Concurrent(classifier, await OneAtATime(classifier, Pictures), callers, requests) <= 1e-5);
    }

    private static async Task<double[][]> OneAtATime(IArkClassifier classifier, int requests)
    {
        var results = new double[requests][];
        for (var i = 0; i < requests; i++) results[i] = Flat(await classifier.ClassifyAsync(SmallModel.Content(i % Pictures), Token));
        return results;
    }

    private static async Task<double> Concurrent(IArkClassifier classifier, double[][] expected, int callers, int requests)
    {
        var differences = new ConcurrentBag<double>();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(c => Task.Run(async () =>
        {
            for (var r = 0; r < requests; r++)
            {
                var picture = ((c * 7) + r) % Pictures;
                differences.Add(Flat(await classifier.ClassifyAsync(SmallModel.Content(picture), Token))
                    .Zip(expected[picture], (a, b) => Math.Abs(a - b))
                    .Max());
            }
        })));
        Assert.Equal(callers * requests, differences.Count);
        return differences.Max();
    }

    private static double[] Flat(ImagePrediction prediction) => [.. prediction.Heads.SelectMany(h => h.Labels.Select(l => l.Probability))];

    /// <summary>Holds images back while they are decoded.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _open = new();
        private readonly SemaphoreSlim _arrived = new(0);

        public async Task Reached(int images)
        {
            for (var i = 0; i < images; i++) Assert.True(await _arrived.WaitAsync(Patience, Token));
        }

        public void Pass()
        {
            _arrived.Release();
            _open.Wait(Patience);
        }

        public void Open() => _open.Set();

        // Also where the test has failed, or the service would wait for its images.
        public void Dispose() => Open();
    }

    private sealed class HeldImage(Gate gate) : ImageSource
    {
        public override string Name => "held";

        public override RasterImage Load(IImageDecoder decoder)
        {
            gate.Pass();
            return new RasterImage(1, 1, 1, [0]);
        }
    }
}

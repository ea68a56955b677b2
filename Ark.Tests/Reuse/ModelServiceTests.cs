using System.Collections.Concurrent;
using System.Diagnostics;
using Ark.Training;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Reuse;

/// <summary>Many callers, one model.</summary>
public class ModelServiceTests(SmallModel small) : IClassFixture<SmallModel>
{
    private const int Pictures = 24;

    [Fact]
    public Task Concurrent_callers_get_what_a_single_one_gets() => Compare(callers: 64, requests: 6);

    [Fact]
    public async Task A_bad_image_fails_its_caller_alone()
    {
        await using var host = small.Host();
        var classifier = host.GetRequiredService<IArkClassifier>();
        var calls = Enumerable.Range(0, 40).Select(i => i % 5 == 3
            ? classifier.ClassifyAsync(new DataContent(SmallModel.Png(i).AsMemory(0, 200), "image/png") { Name = $"cut {i}" }, TestContext.Current.CancellationToken)
            : classifier.ClassifyAsync(SmallModel.Content(i), TestContext.Current.CancellationToken)).ToArray();
        for (var i = 0; i < calls.Length; i++)
        {
            if (i % 5 == 3) Assert.Contains($"cut {i}", (await Assert.ThrowsAsync<ArkInputException>(() => calls[i])).Message, StringComparison.Ordinal);
            else Assert.Equal(3, (await calls[i]).Heads.Count);
        }
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_the_others_alone()
    {
        await using var host = small.Host(o => o.QueueCapacity = 2);
        var classifier = host.GetRequiredService<IArkClassifier>();
        using var impatient = new CancellationTokenSource();
        var given = Enumerable.Range(0, 30).Select(i => classifier.ClassifyAsync(SmallModel.Content(i), i % 2 == 0 ? impatient.Token : TestContext.Current.CancellationToken)).ToArray();
        await impatient.CancelAsync();
        for (var i = 0; i < given.Length; i++)
        {
            if (i % 2 == 1) Assert.NotNull(await given[i]);
            else await Record.ExceptionAsync(() => given[i]);
        }

        Assert.Contains(given, g => g.IsCanceled);
        Assert.All(given, g => Assert.True(g.IsCanceled || g.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Shutting_down_while_busy_ends_every_call_and_leaves_no_tensor()
    {
        var host = small.Host(o => o.MaxBatchSize = 4);
        var classifier = host.GetRequiredService<IArkClassifier>();
        await classifier.ClassifyAsync(SmallModel.Content(0), TestContext.Current.CancellationToken);
        var calls = Enumerable.Range(0, 200).Select(i => Task.Run(() => classifier.ClassifyAsync(SmallModel.Content(i % 8)))).ToArray();
        await calls[0];
        await host.DisposeAsync();
        var outcomes = await Task.WhenAll(calls.Select(c => Record.ExceptionAsync(() => c).AsTask())).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Contains(outcomes, o => o is not null);
        Assert.All(outcomes, o => Assert.True(o is null or ObjectDisposedException, o?.ToString()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.ClassifyAsync(SmallModel.Content(0), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_single_caller_does_not_wait_for_the_batch_to_fill()
    {
        await using var host = small.Host(o => o.MaxBatchDelay = TimeSpan.FromSeconds(30));
        var classifier = host.GetRequiredService<IArkClassifier>();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++) await classifier.ClassifyAsync(SmallModel.Content(i), TestContext.Current.CancellationToken);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), clock.Elapsed.ToString());
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
        for (var i = 0; i < requests; i++) results[i] = Flat(await classifier.ClassifyAsync(SmallModel.Content(i % Pictures), TestContext.Current.CancellationToken));
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
                differences.Add(Flat(await classifier.ClassifyAsync(SmallModel.Content(picture), TestContext.Current.CancellationToken)).Zip(expected[picture], (a, b) => Math.Abs(a - b)).Max());
            }
        })));
        Assert.Equal(callers * requests, differences.Count);
        return differences.Max();
    }

    private static double[] Flat(ImagePrediction prediction) => [.. prediction.Heads.SelectMany(h => h.Labels.Select(l => l.Probability))];
}

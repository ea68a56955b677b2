using Ark.Data;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Inference;

public class ImagePredictorTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Predictions_come_in_order_are_those_of_the_classifier_and_say_why_an_image_is_bad()
    {
        using var folder = new TemporaryFolder();
        var broken = folder.Write("broken.png", "no picture");
        var images = ImageInputs.ReadAll(
            [Png(0), broken, Png(1), Png(2), broken], cancellationToken: TestContext.Current.CancellationToken);
        await using var host = small.Host();
        var options = new PredictionOptions
        {
            BatchSize = 2,
            BadImages = BadImagePolicy.Skip,
            Findings = ["PE"],
            Combination = HeadCombination.Max,
            Head = "View",
        };
        var predictions = new List<ImagePrediction>();
        await foreach (var prediction in Predict(host, images, options)) predictions.Add(prediction);

        Assert.Equal(images.Select(i => i.Name), predictions.Select(p => p.Image));
        Assert.Equal(
            [false, true, false, false, true],
            predictions.Select(p => p.Problem?.Contains("broken.png", StringComparison.Ordinal) ?? false));
        Assert.All(predictions.Where(p => p.Problem is not null), p => Assert.Empty(p.Heads));
        var classifier = host.GetRequiredService<IArkClassifier>();
        foreach (var prediction in predictions.Where(p => p.Problem is null))
        {
            var expected = await classifier.ClassifyAsync(new ImageFile(prediction.Image), TestContext.Current.CancellationToken);
            Assert.Equal(["View"], prediction.Heads.Select(h => h.Name));
            Assert.Equal(expected.Probability("View", "AP")!.Value, prediction.Probability("View", "AP")!.Value, 1e-6);
            var (effusion, pleural) = (
                expected.Probability("Findings", "Effusion")!.Value, expected.Probability("Triage", "Pleural Effusion")!.Value);
            var finding = Assert.Single(prediction.Findings);
            Assert.Equal(Math.Max(effusion, pleural), finding.Probability, 1e-6);
            Assert.Equal(["Findings/Effusion", "Triage/Pleural Effusion"], finding.Sources);
            Assert.Equal((effusion + pleural) / 2, expected.Finding("pleural effusion")!.Probability, 1e-12);
            Assert.Null(expected.Finding("Hernia"));
        }
    }

    [Fact]
    public async Task A_stream_that_is_left_early_ends_its_work()
    {
        await using var host = small.Host();
        var done = new Furthest();
        await foreach (var _ in Predict(
            host,
            ImageInputs.Read(small.Images, cancellationToken: TestContext.Current.CancellationToken),
            new PredictionOptions { BatchSize = 1 },
            done))
            break;
        // One was taken, one waits to be taken, and one waits for the place of that.
        Assert.InRange(done.Done, 0, 3);
    }

    [Fact]
    public async Task A_bad_image_ends_the_stream_behind_those_before_it_where_it_shall_stop()
    {
        using var folder = new TemporaryFolder();
        await using var host = small.Host();
        var seen = new List<string>();
        var error = await Assert.ThrowsAsync<ArkInputException>(async () =>
        {
            var images = ImageInputs.ReadAll(
                [Png(0), folder.Write("broken.png", "no picture")], cancellationToken: TestContext.Current.CancellationToken);
            await foreach (var prediction in Predict(host, images, new PredictionOptions { BatchSize = 1 })) seen.Add(prediction.Image);
        });
        Assert.Contains("broken.png", error.Message, StringComparison.Ordinal);
        Assert.Equal([Png(0)], seen);
    }

    [Fact]
    public async Task Heads_findings_and_options_that_cannot_be_answered_are_refused()
    {
        await using var host = small.Host();
        async Task<string> Refused(PredictionOptions options) => (await Assert.ThrowsAsync<ArkInputException>(async () =>
        {
            var images = ImageInputs.ReadAll([Png(0)], cancellationToken: TestContext.Current.CancellationToken);
            await foreach (var _ in Predict(host, images, options))
                Assert.Fail("an answer");
        })).Message;
        Assert.Contains("'Finding'", await Refused(new PredictionOptions { Head = "Finding" }), StringComparison.Ordinal);
        Assert.Contains("'Hernia'", await Refused(new PredictionOptions { Findings = ["Hernia"] }), StringComparison.Ordinal);
        Assert.Contains("'Crops'", await Refused(new PredictionOptions { Crops = 5 }), StringComparison.Ordinal);
        Assert.Contains("'BatchSize'", await Refused(new PredictionOptions { BatchSize = 0 }), StringComparison.Ordinal);
        Assert.Contains("'Workers'", await Refused(new PredictionOptions { Workers = 0 }), StringComparison.Ordinal);
    }

    private static IAsyncEnumerable<ImagePrediction> Predict(
        ServiceProvider host, IReadOnlyList<NamedImage> images, PredictionOptions options, IProgress<WorkProgress>? progress = null) =>
        host.GetRequiredService<ImagePredictor>()
            .PredictAsync(
                host.GetRequiredKeyedService<LoadedModel>("small"), images, options, progress, TestContext.Current.CancellationToken);

    private string Png(int index) => Path.Combine(small.Images, $"{index:D2}.png");

    private sealed class Furthest : IProgress<WorkProgress>
    {
        private long _done;

        public long Done => Interlocked.Read(ref _done);

        public void Report(WorkProgress value) => Interlocked.Exchange(ref _done, value.Done);
    }
}

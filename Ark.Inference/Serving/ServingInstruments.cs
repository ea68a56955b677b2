using System.Diagnostics.Metrics;

namespace Ark.Inference;

/// <summary>What models that serve callers measure, on <see cref="ArkMeter"/>. Costs next to nothing while nobody listens.</summary>
internal sealed class ServingInstruments
{
    // Seconds from a small network's to a long queue's; the defaults of collectors are made for milliseconds.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };
    private static readonly InstrumentAdvice<int> Images = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] };

    private readonly UpDownCounter<long> _queue;
    private readonly Histogram<double> _wait;
    private readonly Histogram<int> _batch;
    private readonly Histogram<double> _request;
    private readonly Counter<long> _images;
    private readonly UpDownCounter<long> _decoding;

    public ServingInstruments(IMeterFactory? meters = null)
    {
        var meter = ArkMeter.Of(meters);
        _queue = meter.CreateUpDownCounter<long>(
            "ark.serving.queue.length", "{image}", "Images that callers have asked about and that have not reached the network.");
        _wait = meter.CreateHistogram(
            "ark.serving.wait.duration",
            "s",
            "Time from a caller's asking to the network's beginning, decoding included.",
            tags: null,
            Seconds);
        _batch = meter.CreateHistogram(
            "ark.serving.batch.size", "{image}", "Images that went through the network together.", tags: null, Images);
        _request = meter.CreateHistogram(
            "ark.serving.request.duration", "s", "Time from a caller's asking to its answer.", tags: null, Seconds);
        _images = meter.CreateCounter<long>("ark.serving.images", "{image}", "Images that callers have asked about, by how it went.");
        _decoding = meter.CreateUpDownCounter<long>(
            "ark.serving.decoding.bytes", "By", "Bytes of pictures that are held, of the budget for decoding.");
    }

    public void Queued(string model, int images) => _queue.Add(images, Model(model));

    public void Waited(string model, TimeSpan time) => _wait.Record(time.TotalSeconds, Model(model));

    public void Batch(string model, int images) => _batch.Record(images, Model(model));

    public void Done(string model, ServingOutcome outcome, TimeSpan time)
    {
        var how = new KeyValuePair<string, object?>("ark.outcome", outcome.ToString().ToLowerInvariant());
        _images.Add(1, Model(model), how);
        _request.Record(time.TotalSeconds, Model(model), how);
    }

    public void Decoding(long bytes) => _decoding.Add(bytes);

    private static KeyValuePair<string, object?> Model(string name) => new("ark.model", name);
}

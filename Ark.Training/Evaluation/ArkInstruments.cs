using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ark.Inference;
using Ark.Training;

namespace Ark.Evaluation;

/// <summary>What Ark measures for the host that it runs in. Costs next to nothing while nobody listens.</summary>
internal sealed class ArkInstruments
{
    /// <summary>The activities of runs and evaluations.</summary>
    public static readonly ActivitySource Activities = new(ArkDiagnostics.ActivitySourceName);

    private readonly Histogram<double> _step;
    private readonly Histogram<double> _wait;
    private readonly Counter<long> _images;
    private readonly Gauge<double> _loss;
    private readonly Gauge<double> _auroc;

    public ArkInstruments(IMeterFactory? meters = null)
    {
        var meter = ArkMeter.Of(meters);
        _step = meter.CreateHistogram<double>(
            "ark.training.step.duration", "s", "Time of a training step, without the wait for its batch.");
        _wait = meter.CreateHistogram<double>("ark.data.wait.duration", "s", "Time that a training step waited for its batch.");
        _images = meter.CreateCounter<long>("ark.data.images", "{image}", "Images that went through a network.");
        _loss = meter.CreateGauge<double>("ark.training.loss", "1", "Mean loss of the last pass over a dataset.");
        _auroc = meter.CreateGauge<double>("ark.evaluation.auroc", "1", "Mean AUROC of the last evaluation.");
    }

    /// <summary>Begins an activity on a dataset; <see langword="null"/> while nobody listens.</summary>
    public static Activity? Begin(string name, string? dataset = null, int? epoch = null)
    {
        var activity = Activities.StartActivity(name);
        if (dataset is not null) activity?.SetTag("ark.dataset", dataset);
        if (epoch is not null) activity?.SetTag("ark.epoch", epoch);
        return activity;
    }

    public void Step(string dataset, TimeSpan wait, TimeSpan step, int images)
    {
        _wait.Record(wait.TotalSeconds, Dataset(dataset));
        _step.Record(step.TotalSeconds, Dataset(dataset));
        _images.Add(images, Dataset(dataset), new("ark.phase", "training"));
    }

    public void Read(string dataset, TrainingPhase phase, int images) =>
        _images.Add(images, Dataset(dataset), new("ark.phase", phase.ToString().ToLowerInvariant()));

    public void Pass(string dataset, double task, double? consistency)
    {
        _loss.Record(task, Dataset(dataset), new("ark.loss", "task"));
        if (consistency is { } loss) _loss.Record(loss, Dataset(dataset), new("ark.loss", "consistency"));
    }

    public void Evaluated(DatasetEvaluation evaluation)
    {
        if (evaluation.MeanAuroc is { } auroc)
            _auroc.Record(auroc, Dataset(evaluation.Dataset), new("ark.weights", evaluation.Weights.ToString().ToLowerInvariant()));
    }

    private static KeyValuePair<string, object?> Dataset(string name) => new("ark.dataset", name);
}

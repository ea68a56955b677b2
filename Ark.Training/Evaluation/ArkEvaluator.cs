using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ark.Data;
using Ark.Inference;
using Ark.Training;

namespace Ark.Evaluation;

/// <summary>The evaluator.</summary>
/// <param name="decoder">Decodes images.</param>
/// <param name="meters">Makes the meter that hosts listen to; see <see cref="ArkDiagnostics"/>.</param>
internal sealed class ArkEvaluator(IImageDecoder decoder, IMeterFactory? meters = null) : IArkEvaluator
{
    private readonly ArkInstruments _instruments = new(meters);

    /// <inheritdoc/>
    public async Task<DatasetEvaluation> EvaluateAsync(LoadedModel model, ArkDataset dataset, EvaluationOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new EvaluationOptions();
        using var activity = ArkInstruments.Begin("ark.evaluate", dataset.Name);
        PreparedDataset.RequireLabels(dataset);
        Check(options, dataset.Adapter.Labels);
        HeadChoice? head = options.AcrossHeads is null ? model.HeadOf(dataset.Name, dataset.Adapter.Labels) : null;
        var samples = await dataset.Adapter.ReadAsync(options.Split, cancellationToken).ConfigureAwait(false);
        CheckTargets(dataset, samples);
        // Groups are looked up before the images are read: an error in a table should not wait for that.
        var groups = options.Groups.Select(g => GroupReader.Read(g, samples)).ToArray();
        var reporter = new ProgressReporter(progress);
        if (options.Split == DatasetSplit.Test && await SelectsOnTestAsync(dataset, samples, cancellationToken).ConfigureAwait(false))
            reporter.Message(SelectedOnTest(dataset), warning: true);
        return await OwnThread.RunAsync(
            () => Read(model, head, dataset, samples, groups, options, reporter, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    private DatasetEvaluation Read(
        LoadedModel model, HeadChoice? head, ArkDataset dataset, IReadOnlyList<ImageSample> samples, ImageGroups[] groups,
        EvaluationOptions options,
        ProgressReporter reporter, CancellationToken cancellationToken)
    {
        var (labels, reported) = (dataset.Adapter.Labels, options.Labels ?? dataset.TestLabels);
        var (normalization, size) = (model.Description.Normalization, model.Description.ImageSize);
        var transform = options.Crops == 10 ? Transforms.TenCrop(normalization, size) : Transforms.Evaluation(normalization, size);
        var source = new BatchSource(decoder, options.BatchSize, options.Workers, options.BadImages);
        var steps = source.BatchCount(samples.Count, transform);
        var (step, images, begun) = (0, 0, Stopwatch.StartNew());
        reporter.Begin(1, steps, 0);
        void AfterBatch(int count)
        {
            step++;
            images += count;
            _instruments.Read(dataset.Name, TrainingPhase.Testing, count);
            if (reporter.IsDue)
                reporter.Report(
                    TrainingPhase.Testing, 0, dataset.Name, step, steps, step, imagesPerSecond: images / begun.Elapsed.TotalSeconds);
        }

        var read = new List<int>(samples.Count);
        var batches = source.InOrder(dataset.Name, samples, transform, cancellationToken);
        var heads = head is null ? new HeadsReader(model, labels, reported, options) : null;
        var predictions = heads?.Read(batches, samples, AfterBatch, read)
            ?? ReadHead(model, head!.Value, labels, batches, options, AfterBatch, read);
        foreach (var skipped in source.SkippedImages) reporter.Message($"left out {skipped}", warning: true);
        predictions = predictions.Named(
            [.. read.Select(i => NameOf(samples[i], dataset.Folder))], [.. read.Select(i => samples[i].PatientId)]);
        var groupsRead = groups.Select(g => g with { Values = [.. read.Select(i => g.Values[i])] }).ToArray();
        var evaluation = predictions.Evaluate(
            dataset.Name, options.Split, model.Weights, groupsRead, reported, options.Scoring, cancellationToken);
        evaluation = evaluation with { Predictions = predictions };
        evaluation = heads?.Describe(evaluation) ?? evaluation;
        _instruments.Evaluated(evaluation);
        return evaluation;
    }

    private static Predictions ReadHead(
        LoadedModel model, HeadChoice head, LabelSchema labels, IEnumerable<Batch> batches, EvaluationOptions options,
        Action<int> afterBatch, List<int> read)
    {
        var engine = model.Engine(options.Precision ?? model.Precision);
        return SplitReader.Read(views => engine.Logits(views)[
            head.Index], labels, batches, labels.Task == LabelTask.MultiClass, model.Device, afterBatch,
            head.Order, read).Predictions;
    }

    internal static void Check(EvaluationOptions options, LabelSchema labels)
    {
        if (options.Crops is not (1 or 10)) throw Error("crops", $"{options.Crops} crops are not known", "Give 1 or 10.");
        var problems = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options.Scoring, new ValidationContext(options.Scoring), problems, validateAllProperties: true))
            throw Error(problems[0].MemberNames.First(), problems[0].ErrorMessage!.TrimEnd('.'), null);
        if (options.Labels?.FirstOrDefault(l => !labels.Names.Contains(l, StringComparer.Ordinal)) is { } unknown)
            throw Error("labels", $"'{unknown}' is no label of the dataset", $"Its labels are: {string.Join(", ", labels.Names)}.");
        if (options.Groups.FirstOrDefault(g => g.Bands is { } bands
            && (bands.Count == 0 || !bands.SequenceEqual(bands.Order()) || bands.Distinct().Count() != bands.Count)) is not null)
            throw Error("bands", "do not ascend", "Give the numbers where bands begin, such as 40,60.");
    }

    // Uncertain findings may be drawn as soft labels for training; no figure is defined on them.
    internal static void CheckTargets(ArkDataset dataset, IReadOnlyList<ImageSample> samples)
    {
        if (samples.FirstOrDefault(s => s.Targets.Any(t => t is not (0 or 1) && !float.IsNaN(t))) is { } soft)
        {
            throw new ArkInputException(soft.Place?.File ?? dataset.Name, soft.Place is { } place
                ? $"line {place.Line}"
                : null, "an uncertain label stands as a number between 0 and 1, on which no figure is defined",
                "Set 'settings: {uncertain: ignore}' (or ones, zeros), or evaluate another split.");
        }
    }

    internal static async Task<bool> SelectsOnTestAsync(
        ArkDataset dataset, IReadOnlyList<ImageSample> test, CancellationToken cancellationToken)
    {
        try
        {
            var validation = await dataset.Adapter.ReadAsync(DatasetSplit.Validation, cancellationToken).ConfigureAwait(false);
            return SharedImages.AreSame(validation, test);
        }
        catch (ArkInputException)
        {
            // A dataset that is only tested on needs no validation list, and a faulty one is not what was asked for.
            return false;
        }
    }

    internal static string SelectedOnTest(ArkDataset dataset) =>
        SharedImages.Warning(dataset.Name, "these figures are too good if validation chose the checkpoint");

    internal static string NameOf(ImageSample sample, string? folder)
    {
        var name = sample.Image.Name;
        if (folder is null || !name.StartsWith(folder, StringComparison.Ordinal)) return name;
        var rest = name[folder.Length..];
        var relative = rest.TrimStart('/', '\\');
        // A folder beside this one may have a name that only begins like it.
        var isBelow = folder.EndsWith('/') || folder.EndsWith('\\') || relative.Length < rest.Length;
        return isBelow && relative.Length > 0 ? relative.Replace('\\', '/') : name;
    }

    private static ArkInputException Error(string option, string problem, string? hint) =>
        new("evaluation options", $"'{option}'", problem, hint);
}

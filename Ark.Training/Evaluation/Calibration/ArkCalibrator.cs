using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>Fits calibrations. Thread-safe.</summary>
/// <param name="decoder">Decodes images.</param>
public sealed class ArkCalibrator(IImageDecoder decoder)
{
    /// <summary>Fits the correction of the heads that read datasets: on one split of each, its errors measured on another.</summary>
    /// <param name="model">The model; borrowed.</param>
    /// <param name="datasets">The datasets; each is read by the head of its name, or of its labels.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The calibration.</returns>
    /// <exception cref="ArkInputException">A head is missing, a list or an image cannot be read, or an option is out of range.</exception>
    public async Task<Calibration> CalibrateAsync(
        LoadedModel model,
        IReadOnlyList<ArkDataset> datasets,
        CalibrationOptions? options = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(datasets);
        options ??= new CalibrationOptions();
        Check(options);
        var (heads, read) = (new List<HeadCalibration>(), new Dictionary<int, string>());
        foreach (var dataset in datasets)
        {
            PreparedDataset.RequireLabels(dataset);
            var choice = model.HeadOf(dataset.Name, dataset.Adapter.Labels);
            if (read.TryGetValue(choice.Index, out var other))
                throw new ArkInputException(
                    "calibration options",
                    $"dataset '{dataset.Name}'",
                    $"is read by the head that '{other}' is read by",
                    "Calibrate a head on one dataset.");
            read.Add(choice.Index, dataset.Name);
            var fit = await dataset.Adapter.ReadAsync(options.FitOn, cancellationToken).ConfigureAwait(false);
            var measure = await dataset.Adapter.ReadAsync(options.MeasureOn, cancellationToken).ConfigureAwait(false);
            if (SharedImages.AreSame(fit, measure))
            {
                var (fitOn, measureOn) = (options.FitOn.Word(), options.MeasureOn.Word());
                var warning = SharedImages.Warning(dataset.Name, fitOn, measureOn, "the errors after correction are too good");
                progress?.Report(new WorkProgress("reading", 0, 1) { Warning = warning });
            }

            heads.Add(await OwnThread.RunAsync(
                () => Fit(model, dataset, choice, fit, measure, options, progress, cancellationToken),
                cancellationToken).ConfigureAwait(false));
        }

        return new Calibration(Path.GetFileName(model.Checkpoint), model.Weights, heads);
    }

    private static void Check(CalibrationOptions options)
    {
        if (options.FitOn == options.MeasureOn)
            throw new ArkInputException(
                "calibration options",
                "'MeasureOn'",
                "is the split that the correction is fitted on, so that its error would look too good",
                "Measure on another split.");
        foreach (var wrong in options.Sensitivities.Concat(options.Specificities).Where(t => t is not (> 0 and <= 1)))
            throw new ArkInputException(
                "calibration options", "operating points", $"{wrong} is no share", "Give a number above 0 and at most 1.");
    }

    private HeadCalibration Fit(
        LoadedModel model, ArkDataset dataset, HeadChoice choice, IReadOnlyList<ImageSample> fit, IReadOnlyList<ImageSample> measure,
        CalibrationOptions options,
        IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var runner = new ModelRunner(model, options.Precision);
        var head = runner.Heads.First(h => h.Index == choice.Index);
        var fitted = Read(runner, head, choice, dataset, fit, options, options.FitOn, progress, cancellationToken);
        var measured = Read(runner, head, choice, dataset, measure, options, options.MeasureOn, progress, cancellationToken);
        var (task, names) = (head.Labels.Task, head.Labels.Names);
        var plain = Probabilities(fitted.Logits, logits => Activate(task, logits));
        var common = options.Method == CalibrationMethod.Temperature
            && task == LabelTask.MultiClass ? TemperatureFit.OfHead(fitted.Logits, fitted.Targets) : 0;
        var labels = names.Select((name, k) => options.Method == CalibrationMethod.Temperature
            ? Scaled(name, common > 0 ? (common, 0) : TemperatureFit.OfLabel(Column(fitted.Logits, k), Column(fitted.Targets, k)))
            : Isotonic(name, Column(plain, k), Column(fitted.Targets, k))).ToArray();
        var correction = new HeadCalibration(head.Name, options.Method, task, labels);
        double[] Correct(double[] logits)
        {
            var probabilities = new double[logits.Length];
            correction.Apply(logits, probabilities);
            return probabilities;
        }

        var (before, after, chosenOn) = (
            Probabilities(measured.Logits, l => Activate(task, l)),
            Probabilities(measured.Logits, Correct),
            Probabilities(fitted.Logits, Correct));
        return correction with
        {
            FittedOn = $"{dataset.Name} {options.FitOn.Word()}",
            MeasuredOn = $"{dataset.Name} {options.MeasureOn.Word()}",
            Labels = [.. labels.Select((label, k) => label with
            {
                Positives = fitted.Targets.Count(t => t[k] == 1),
                Negatives = fitted.Targets.Count(t => t[k] == 0),
                EceBefore = CalibrationError.Expected(Column(before, k), Column(measured.Targets, k)),
                EceAfter = CalibrationError.Expected(Column(after, k), Column(measured.Targets, k)),
                EceByChance = CalibrationError.ByChance(Column(after, k), Column(measured.Targets, k)),
                OperatingPoints = Points(options, Column(chosenOn, k), Column(fitted.Targets, k)),
            })],
        };
    }

    // Targets come in the dataset's order of labels, logits in the head's, which may have others' labels too.
    private (List<double[]> Logits, List<float[]> Targets) Read(
        ModelRunner runner, ModelHead head, HeadChoice choice, ArkDataset dataset, IReadOnlyList<ImageSample> samples,
        CalibrationOptions options,
        DatasetSplit split, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var reading = new ReadingOptions
        {
            BatchSize = options.BatchSize,
            Workers = options.Workers,
            Source = dataset.Name,
            What = $"reading {dataset.Name} {split.Word()}",
        };
        var (logits, targets) = (new List<double[]>(), new List<float[]>());
        foreach (var (index, row) in new DatasetReader(decoder, reading).ReadLogits(runner, samples, progress, cancellationToken))
        {
            logits.Add(Array.ConvertAll(head.LogitsOf(row).ToArray(), z => (double)z));
            var ordered = new float[head.Labels.Count];
            Array.Fill(ordered, float.NaN);
            for (var k = 0; k < samples[index].Targets.Length; k++) ordered[choice.Order?[k] ?? k] = samples[index].Targets[k];
            targets.Add(ordered);
        }

        return (logits, targets);
    }

    private static LabelCalibration Scaled(string name, (double Temperature, double Offset) fitted) =>
        new() { Name = name, Temperature = fitted.Temperature, Offset = fitted.Offset };

    private static LabelCalibration Isotonic(string name, double[] probabilities, float[] targets)
    {
        var (from, to) = IsotonicFit.Fit(probabilities, targets);
        return new LabelCalibration { Name = name, From = from, To = to };
    }

    private static OperatingPoint[] Points(CalibrationOptions options, double[] probabilities, float[] targets) =>
    [
        .. options.Sensitivities.Select(s => ThresholdChoice.Choose("sensitivity", s, probabilities, targets)).OfType<OperatingPoint>(),
        .. options.Specificities.Select(s => ThresholdChoice.Choose("specificity", s, probabilities, targets)).OfType<OperatingPoint>(),
    ];

    private static double[] Activate(LabelTask task, double[] logits)
    {
        var probabilities = new double[logits.Length];
        HeadActivation.Activate(task, logits, probabilities);
        return probabilities;
    }

    private static List<double[]> Probabilities(List<double[]> logits, Func<double[], double[]> activate) => [.. logits.Select(activate)];

    private static T[] Column<T>(List<T[]> rows, int column) => [.. rows.Select(r => r[column])];
}

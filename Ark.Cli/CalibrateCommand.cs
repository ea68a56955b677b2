using System.CommandLine;
using System.Globalization;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Ark.Cli;

/// <summary><c>ark calibrate</c>: corrections that make probabilities mean what they say.</summary>
internal static class CalibrateCommand
{
    private const string Help = """
        Fit a calibration of a checkpoint's probabilities on one split of one or more datasets, measure the
        expected calibration error before and after on another split, and choose thresholds for wanted
        sensitivities or specificities. 'ark predict --calibration' and AddModel use the file. Labels whose
        probabilities the split does not contradict are left as they are; 'by chance' is the error that
        exact probabilities would show on as many images.

        Examples:
          ark calibrate --checkpoint last.pth.tar --config samples/real-data/ark.yaml --dataset pneumoniamnist --out calibration.json
          ark calibrate --checkpoint last.pth.tar --config ark.yaml --dataset A,B --method isotonic --sensitivity 0.95 --specificity 0.9 --out calibration.json
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = CommonOptions.Config();
        var datasets = new Option<string[]>("--dataset", "--datasets")
        {
            Description = "the datasets, by name with commas; each calibrates its head",
            HelpName = "A,B",
            Required = true,
        };
        var method = new Option<string>("--method")
        {
            Description = "a temperature of each label (for hundreds of images), or a rising curve (for thousands)",
            HelpName = "temperature|isotonic",
            DefaultValueFactory = _ => "temperature",
        };
        var split = new Option<string>("--split")
        {
            Description = "the split to fit on",
            HelpName = "train|val|test",
            DefaultValueFactory = _ => "val",
        };
        var measure = new Option<string>("--measure-on")
        {
            Description = "the split to measure the errors on",
            HelpName = "train|val|test",
            DefaultValueFactory = _ => "test",
        };
        var sensitivity = new Option<double[]>("--sensitivity")
        {
            Description = "choose a threshold with this sensitivity; may be repeated",
            HelpName = "X",
            CustomParser = Numbers.ParseDoubles,
        };
        var specificity = new Option<double[]>("--specificity")
        {
            Description = "choose a threshold with this specificity; may be repeated",
            HelpName = "X",
            CustomParser = Numbers.ParseDoubles,
        };
        var output = new Option<string>("--out") { Description = "the calibration file to write", HelpName = "FILE", Required = true };
        var json = CommonOptions.Json("the calibration", "here too");
        var quiet = CommonOptions.Quiet();
        method.AcceptOnlyFromAmong("temperature", "isotonic");
        foreach (var part in (Option<string>[])[split, measure]) part.AcceptOnlyFromAmong("train", "val", "validation", "test");
        var command = new Command("calibrate", Help)
        {
            config, datasets, method, split, measure, sensitivity, specificity, output, json, quiet
        };
        var model = new ModelArguments(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            var file = parsed.GetRequiredValue(output);
            OutputPath.CheckFile(file, "--out");
            var catalogue = await CatalogueFile.LoadAsync(parsed.GetRequiredValue(config), terminal, silent, cancellationToken)
                .ConfigureAwait(false);
            var chosen = catalogue.Select(DatasetNames.Of(
                parsed.GetRequiredValue(datasets), "--dataset")).Select(services.GetRequiredService<ArkDatasets>().Create).ToList();
            var options = new CalibrationOptions
            {
                Method = parsed.GetValue(method) == "isotonic" ? CalibrationMethod.Isotonic : CalibrationMethod.Temperature,
                FitOn = ModelArguments.Split(parsed.GetValue(split)!),
                MeasureOn = ModelArguments.Split(parsed.GetValue(measure)!),
                Sensitivities = parsed.GetValue(sensitivity) ?? [],
                Specificities = parsed.GetValue(specificity) ?? [],
                BatchSize = model.BatchSize(parsed),
                Workers = model.Workers(parsed),
                Precision = model.Precision(parsed),
            };
            using var loaded = model.Load(parsed, terminal);
            Calibration calibration;
            using (var reporter = new ConsoleReporter(terminal, silent))
                calibration = await services
                    .GetRequiredService<ArkCalibrator>()
                    .CalibrateAsync(loaded, chosen, options, new WorkReporter(reporter, terminal.IsLive), cancellationToken)
                    .ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") Write(terminal, calibration);
            calibration.Save(file);
            if (parsed.GetValue(json) is { } path)
                await JsonOutput.WriteAsync(terminal, path, CalibrationFile.ToJson(calibration)).ConfigureAwait(false);
            if (parsed.GetValue(json) == "-") return ExitCode.Done;
            await terminal.Out.WriteLineAsync($"wrote {file}").ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(Terminal terminal, Calibration calibration)
    {
        foreach (var head in calibration.Heads)
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("label", "correction", "ECE before", "ECE after", "ECE by chance", "thresholds");
            foreach (var label in head.Labels)
            {
                var correction = head.Method == CalibrationMethod.Temperature ? Correction(label) : $"{label.To.Distinct().Count()} steps";
                var points = label.OperatingPoints.Select(p =>
                    $"{p.Kind} {p.Target.ToString("G3", CultureInfo.InvariantCulture)}: {Figure(p.Threshold)}");
                table.AddRow(
                    Markup.Escape(label.Name), correction, Figure(label.EceBefore), Figure(label.EceAfter), Figure(label.EceByChance),
                    string.Join(", ", points));
            }

            var console = ResultTable.Console(terminal);
            console.Write(table);
            console.WriteLine($"{head.Name}: fitted on {head.FittedOn}, errors measured on {head.MeasuredOn}; mean ECE "
                + $"{Figure(head.Labels.Average(l => l.EceBefore))} before, {Figure(head.Labels.Average(l => l.EceAfter))} after");
        }
    }

    private static string Correction(LabelCalibration label)
    {
        if (label is { Temperature: 1, Offset: 0 }) return "none needed";
        var offset = label.Offset == 0 ? "" : $" {(label.Offset < 0 ? "-" : "+")} {Figure(Math.Abs(label.Offset))}";
        return $"/ {Figure(label.Temperature)}{offset}";
    }

    private static string Figure(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "undefined";
}

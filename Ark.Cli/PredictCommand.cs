using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark predict</c>: probabilities of labels.</summary>
internal static class PredictCommand
{
    private const string Help = """
        Print the probabilities that a checkpoint gives to the labels of images: sigmoid where labels are
        independent, softmax where they exclude each other. Without a calibration they order images and say
        little by themselves; 'ark calibrate' fits one.

        Examples:
          ark predict --checkpoint ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar chest.png
          ark predict --checkpoint last.pth.tar --head CheXpert --calibration calibration.json --json out.json *.png
          ark predict --checkpoint last.pth.tar --finding "Pleural Effusion" --finding Edema --combine max images/
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var images = new Argument<string[]>("IMAGE") { Description = "images, or folders of them", Arity = ArgumentArity.OneOrMore };
        var head = new Option<string?>("--head") { Description = "only this head", HelpName = "NAME" };
        var finding = new Option<string[]>("--finding")
        {
            Description = "answer for a finding from every head that was trained on it, by whatever name; may be repeated",
            HelpName = "NAME",
        };
        var combine = new Option<string>("--combine")
        {
            Description = "how several heads become one answer",
            HelpName = "mean|max",
            DefaultValueFactory = _ => "mean",
        };
        var calibration = new Option<string?>("--calibration")
        {
            Description = "a file of 'ark calibrate' that corrects the probabilities",
            HelpName = "FILE",
        };
        var crops = new Option<int>("--crops")
        {
            Description = "views of an image whose probabilities are averaged",
            HelpName = "1|10",
            DefaultValueFactory = _ => 1,
        };
        var badImages = CommonOptions.BadImages();
        var json = CommonOptions.Json("the probabilities");
        var quiet = CommonOptions.Quiet();
        combine.AcceptOnlyFromAmong("mean", "max");
        var command = new Command("predict", Help) { images, head, finding, combine, calibration, crops, badImages, json, quiet };
        var model = new ModelArguments(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var views = parsed.GetValue(crops);
            if (views is not (1 or 10)) throw CommandLineError.Of("--crops", $"{views} crops are not known", "Give 1 or 10.");
            var inputs = ImageInputs.ReadAll(parsed.GetRequiredValue(images), cancellationToken);
            var request = new PredictionOptions
            {
                Crops = views,
                BatchSize = model.BatchSize(parsed),
                Workers = model.Workers(parsed),
                BadImages = parsed.Policy(badImages),
                Head = parsed.GetValue(head),
                Findings = parsed.GetValue(finding) ?? [],
                Combination = parsed.GetValue(combine) == "max" ? HeadCombination.Max : HeadCombination.Mean,
                Calibration = parsed.GetValue(calibration) is { } path ? Calibration.Load(path) : null,
            };
            if (request.Findings.Count == 0 && parsed.IsGiven(combine))
                throw CommandLineError.Of("--combine", "has no effect without --finding", "Give both, or none.");
            using var loaded = model.Load(parsed, terminal);
            using var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet));
            using var document = JsonArrayOutput.Open(terminal, parsed.GetValue(json));
            var findingsOnly = request.Findings.Count > 0 && request.Head is null;
            var predictions = services.GetRequiredService<ImagePredictor>()
                .PredictAsync(loaded, inputs, request, new WorkReporter(reporter, terminal.IsLive), cancellationToken);
            await foreach (var predicted in predictions.ConfigureAwait(false))
            {
                // Progress has warned of it.
                if (predicted.Problem is not null) continue;
                document?.Add(Document(predicted));
                if (parsed.GetValue(json) == "-") continue;
                reporter.Clear();
                Print(terminal.Out, predicted, findingsOnly);
            }

            document?.Complete();
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonObject Document(ImagePrediction p)
    {
        var result = new JsonObject
        {
            ["image"] = p.Image,
            ["heads"] = new JsonArray([.. p.Heads.Select(h => new JsonObject
            {
                ["name"] = h.Name,
                ["exclusive"] = h.IsExclusive,
                ["labels"] = new JsonArray([.. h.Labels.Select(l => new JsonObject
                {
                    ["name"] = l.Name,
                    ["probability"] = l.Probability,
                    ["calibrated"] = l.IsCalibrated,
                })]),
            })]),
        };
        if (p.Findings.Count > 0)
        {
            result["findings"] = new JsonArray([.. p.Findings.Select(f => new JsonObject
            {
                ["name"] = f.Name,
                ["probability"] = f.Probability,
                ["sources"] = new JsonArray([.. f.Sources.Select(s => (JsonNode)s)]),
            })]);
        }

        return result;
    }

    private static void Print(TextWriter output, ImagePrediction predicted, bool findingsOnly)
    {
        output.WriteLine(OneLine.Of(predicted.Image));
        foreach (var finding in predicted.Findings)
            output.WriteLine(
                $"  {Figure(finding.Probability)}  {OneLine.Of(finding.Name)}  ({OneLine.Of(string.Join(", ", finding.Sources))})");
        foreach (var head in findingsOnly ? [] : predicted.Heads)
        {
            output.WriteLine($"  {OneLine.Of(head.Name)}{(head.IsExclusive ? " (one of)" : "")}");
            foreach (var label in head.Labels) output.WriteLine($"    {Figure(label.Probability)}  {OneLine.Of(label.Name)}");
        }
    }

    private static string Figure(double probability) => probability.ToString("F3", CultureInfo.InvariantCulture);
}

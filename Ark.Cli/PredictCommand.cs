using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;

namespace Ark.Cli;

/// <summary><c>ark predict</c>: probabilities of labels.</summary>
internal static class PredictCommand
{
    private const string Help = """
        Print the probabilities that a checkpoint gives to the labels of images: sigmoid where labels are independent, softmax where they exclude each other.
        Without a calibration they order images and say little by themselves; 'ark calibrate' fits one.

        Examples:
          ark predict --checkpoint ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar chest.png
          ark predict --checkpoint last.pth.tar --head CheXpert --calibration calibration.json --json out.json *.png
          ark predict --checkpoint last.pth.tar --finding "Pleural Effusion" --finding Edema --combine max images/
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var images = new Argument<string[]>("IMAGE") { Description = "images, or folders of them", Arity = ArgumentArity.OneOrMore };
        var head = new Option<string?>("--head") { Description = "only this head", HelpName = "NAME" };
        var finding = new Option<string[]>("--finding") { Description = "answer for a finding from every head that was trained on it, by whatever name; may be repeated", HelpName = "NAME" };
        var combine = new Option<string>("--combine") { Description = "how several heads become one answer", HelpName = "mean|max", DefaultValueFactory = _ => "mean" };
        var calibration = new Option<string?>("--calibration") { Description = "a file of 'ark calibrate' that corrects the probabilities", HelpName = "FILE" };
        var crops = new Option<int>("--crops") { Description = "views of an image whose probabilities are averaged", HelpName = "1|10", DefaultValueFactory = _ => 1 };
        var badImages = new Option<string>("--bad-images") { Description = "stop at an unreadable image, or skip and report it", HelpName = "stop|skip", DefaultValueFactory = _ => "stop" };
        var json = new Option<string?>("--json") { Description = "write the probabilities as JSON; - for standard output", HelpName = "OUT" };
        var quiet = new Option<bool>("--quiet") { Description = "no progress" };
        combine.AcceptOnlyFromAmong("mean", "max");
        badImages.AcceptOnlyFromAmong("stop", "skip");
        var command = new Command("predict", Help) { images, head, finding, combine, calibration, crops, badImages, json, quiet };
        var model = new ModelArguments(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var views = parsed.GetValue(crops);
            if (views is not (1 or 10)) throw new ArkInputException("command line", "option '--crops'", $"{views} crops are not known", "Give 1 or 10.");
            var inputs = parsed.GetRequiredValue(images).SelectMany(i => Directory.Exists(i) ? ImageInputs.Read(i, cancellationToken: cancellationToken) : [new NamedImage(i, new ImageFile(i))]).ToList();
            var request = new PredictionRequest
            {
                Reading = model.Reading(parsed, views, parsed.GetValue(badImages) == "skip" ? BadImagePolicy.Skip : BadImagePolicy.Stop),
                Precision = model.Precision(parsed),
                Head = parsed.GetValue(head),
                Findings = parsed.GetValue(finding) ?? [],
                Combination = parsed.GetValue(combine) == "max" ? HeadCombination.Max : HeadCombination.Mean,
                Calibration = parsed.GetValue(calibration) is { } path ? Calibration.Load(path) : null,
            };
            using var loaded = model.Load(parsed);
            IReadOnlyList<RequestedPrediction> predictions;
            using (var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet)))
                predictions = await new ImagePredictor(services.Decoder()).PredictAsync(loaded, inputs, request, new WorkReporter(reporter, terminal.IsLive), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json) is { } target) await JsonOutput.WriteAsync(terminal, target, Document(predictions)).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") await PrintAsync(terminal, predictions, findingsOnly: request.Findings.Count > 0 && request.Head is null).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonArray Document(IEnumerable<RequestedPrediction> predictions) => new([.. predictions.Select(p =>
    {
        var result = new JsonObject
        {
            ["image"] = p.Prediction.Image,
            ["heads"] = new JsonArray([.. p.Prediction.Heads.Select(h => new JsonObject
            {
                ["name"] = h.Name,
                ["exclusive"] = h.IsExclusive,
                ["labels"] = new JsonArray([.. h.Labels.Select(l => new JsonObject { ["name"] = l.Name, ["probability"] = l.Probability, ["calibrated"] = l.IsCalibrated })]),
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
    })]);

    private static async Task PrintAsync(Terminal terminal, IEnumerable<RequestedPrediction> predictions, bool findingsOnly)
    {
        foreach (var (prediction, findings) in predictions)
        {
            await terminal.Out.WriteLineAsync(OneLine.Of(prediction.Image)).ConfigureAwait(false);
            foreach (var finding in findings) await terminal.Out.WriteLineAsync($"  {Figure(finding.Probability)}  {OneLine.Of(finding.Name)}  ({OneLine.Of(string.Join(", ", finding.Sources))})").ConfigureAwait(false);
            foreach (var head in findingsOnly ? [] : prediction.Heads)
            {
                await terminal.Out.WriteLineAsync($"  {OneLine.Of(head.Name)}{(head.IsExclusive ? " (one of)" : "")}").ConfigureAwait(false);
                foreach (var label in head.Labels) await terminal.Out.WriteLineAsync($"    {Figure(label.Probability)}  {OneLine.Of(label.Name)}").ConfigureAwait(false);
            }
        }
    }

    private static string Figure(double probability) => probability.ToString("F3", CultureInfo.InvariantCulture);
}

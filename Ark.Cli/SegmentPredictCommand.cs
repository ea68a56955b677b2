using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Inference;

namespace Ark.Cli;

/// <summary><c>ark segment predict</c>: label maps, overlays and measurements of images.</summary>
internal static class SegmentPredictCommand
{
    private const string Help = """
        Find the structures in images. For each image NAME the folder gets NAME.labels.png (0 for none, k
        for the k-th structure of the checkpoint; where structures overlap, the last one), NAME.overlay.png,
        and an entry of measurements.json: areas, and the cardiothoracic ratio from the widths of heart and
        lungs, which is printed too. Of every structure but ribs, holes are filled, and islands that are
        smaller than a fifth of its largest part go; --raw-masks leaves both.

        Examples:
          ark segment predict --checkpoint runs/jsrt/checkpoints/best.pth.tar --out outlines chest.png
          ark segment predict --checkpoint best.pth.tar --out outlines --spacing 0.175 --json - images/
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var images = new Argument<string[]>("IMAGE") { Description = "images, or folders of them", Arity = ArgumentArity.OneOrMore };
        var checkpoint = new Option<string>("--checkpoint")
        {
            Description = "a checkpoint of 'ark segment train'",
            HelpName = "FILE",
            Required = true,
        };
        var output = new Option<string>("--out")
        {
            Description = "the folder of the results",
            HelpName = "DIR",
            DefaultValueFactory = _ => "segmented",
        };
        var spacing = new Option<double?>("--spacing")
        {
            Description = "the side of a pixel in mm, for areas in mm²",
            HelpName = "X",
            CustomParser = r => Numbers.ParseDouble(r),
        };
        var (stretch, raw) = (SegmentCommand.Stretch(), SegmentCommand.RawMasks());
        var device = new Option<string>("--device")
        {
            Description = "where to compute",
            HelpName = "cpu|cuda[:i]",
            DefaultValueFactory = _ => "cpu",
        };
        var badImages = CommonOptions.BadImages();
        var json = CommonOptions.Json("the measurements", "as JSON here too");
        var quiet = CommonOptions.Quiet();
        var command = new Command("predict", Help)
        {
            images, checkpoint, output, spacing, stretch, raw, badImages, device, json, quiet
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var size = parsed.GetValue(spacing);
            if (size is <= 0) throw CommandLineError.Of("--spacing", "is not above 0", "Give the side of a pixel in millimetres.");
            var passedOver = new PassedOver(terminal);
            var inputs = ImageInputs.ReadAll(parsed.GetRequiredValue(images), passedOver.Add, cancellationToken);
            passedOver.Tell();
            var folder = parsed.GetRequiredValue(output);
            OutputPath.MakeFolder(folder);
            var file = Path.Combine(folder, "measurements.json");
            var copy = parsed.GetValue(json) is { } other && Path.GetFullPath(other) != Path.GetFullPath(file) ? other : null;
            var skips = parsed.GetValue(badImages) == "skip";
            var done = 0;
            var ratios = new List<double>();
            using (var model = LoadedSegmenter.Load(parsed.GetRequiredValue(checkpoint), parsed.GetRequiredValue(device)))
            using (var segmenter = new ArkSegmenter(
                model, services.Decoder(), concurrency: 1, parsed.GetValue(stretch), parsed.GetValue(raw)))
            using (var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet)))
            using (var measurements = JsonArrayOutput.Open(terminal, file))
            using (var document = JsonArrayOutput.Open(terminal, copy))
            {
                var progress = new WorkReporter(reporter, terminal.IsLive);
                var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
                foreach (var input in inputs)
                {
                    try
                    {
                        var found = await segmenter.SegmentAsync(input.Image, cancellationToken).ConfigureAwait(false);
                        var entry = Write(found, input.Name, folder, NewName(names, input.Name), size);
                        measurements!.Add(entry);
                        document?.Add(entry);
                        if (found.Measurements.CardiothoracicRatio is { } ratio) ratios.Add(ratio);
                        progress.Report(new WorkProgress("segmenting", ++done, inputs.Count));
                    }
                    catch (ArkInputException e) when (skips && e.InputSource == input.Image.Name)
                    {
                        progress.Report(new WorkProgress("segmenting", done, inputs.Count) { Warning = $"left out {e.Message}" });
                    }
                }

                if (done == 0)
                    throw new ArkInputException(
                        inputs[0].Name, null, $"and all of {inputs.Count} images cannot be read", "Give images that can be.");
                measurements!.Complete();
                document?.Complete();
            }

            if (parsed.GetValue(json) == "-") return ExitCode.Done;
            await terminal.Out
                .WriteLineAsync($"wrote {done} label map(s) and overlay(s) and measurements.json to {folder}")
                .ConfigureAwait(false);
            if (ratios.Count > 0) await terminal.Out.WriteLineAsync(Line(ratios, done)).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    // Each image's own is in measurements.json.
    private static string Line(List<double> ratios, int images) => images == 1
        ? string.Create(CultureInfo.InvariantCulture, $"cardiothoracic ratio: {ratios[0]:F3}")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"cardiothoracic ratio: mean {ratios.Average():F3}, {ratios.Min():F3} to {ratios.Max():F3} "
            + $"({ratios.Count} of {images} images)");

    private static JsonObject Write(ImageSegmentation found, string image, string folder, string name, double? spacing)
    {
        var (labels, overlay) = ($"{name}.labels.png", $"{name}.overlay.png");
        PngFile.Write(Path.Combine(folder, labels), found.LabelMap());
        PngFile.Write(Path.Combine(folder, overlay), found.Overlay());
        var result = new JsonObject
        {
            ["image"] = image,
            ["width"] = found.Width,
            ["height"] = found.Height,
            ["labels"] = labels,
            ["overlay"] = overlay,
        };
        foreach (var (key, value) in found.Measurements.ToJson(spacing)) result[key] = value?.DeepClone();
        return result;
    }

    // Images of one name from several folders must not overwrite each other.
    private static string NewName(HashSet<string> taken, string image)
    {
        var name = Path.GetFileNameWithoutExtension(image);
        var candidate = name;
        for (var i = 2; !taken.Add(candidate); i++) candidate = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
        return candidate;
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Cli;

/// <summary><c>ark convert</c>: between the formats and layouts of weight files.</summary>
internal static class ConvertCommand
{
    private const string Help = """
        Write one state dict of a weight file to another file. The ending of OUT chooses the format:
        .safetensors, or for PyTorch .pth, .pt, .pth.tar, .bin. The layout chooses the names: 'timm' those
        of timm 0.9 and newer, 'swin' those of the Microsoft repository and timm 0.5.4 (both without
        projector and dataset heads), 'ark' those of Ark and Ark+. Without one, names stay as they are.

        Examples:
          ark convert ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar ark6.safetensors
          ark convert runs/real/checkpoints/last.pth.tar backbone.safetensors --key teacher --layout timm --dtype float16
          ark convert backbone.pth whole.safetensors --heads heads.pth
        """;

    public static Command Create(Terminal terminal)
    {
        var input = new Argument<string>("IN") { Description = "the file to read" };
        var output = new Argument<string>("OUT") { Description = "the file to write" };
        var layout = new Option<string?>("--layout") { Description = "whose names the new file has", HelpName = "timm|swin|ark" };
        var type = new Option<string?>("--dtype")
        {
            Description = "the type of floating-point numbers in the new file",
            HelpName = "float32|float16|bfloat16",
        };
        var heads = new Option<string?>("--heads")
        {
            Description = "a file whose projector and dataset heads take the place of those of IN",
            HelpName = "FILE",
        };
        var json = CommonOptions.Json("what was converted");
        var quiet = CommonOptions.Quiet();
        layout.AcceptOnlyFromAmong("timm", "swin", "ark");
        type.AcceptOnlyFromAmong("float32", "float16", "bfloat16");
        var command = new Command("convert", Help) { input, output, layout, type, heads, json, quiet };
        var weights = new WeightOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet));
            var options = new ConversionOptions
            {
                NestedKey = weights.Key(parsed),
                Reading = weights.Reading(parsed),
                Heads = parsed.GetValue(heads),
                Layout = parsed.GetValue(layout) is { } name ? Enum.Parse<WeightLayout>(name, ignoreCase: true) : null,
                DataType = parsed.GetValue(type) is { } element ? Enum.Parse<ScalarType>(element, ignoreCase: true) : null,
            };
            var target = parsed.GetRequiredValue(output);
            var progress = new ByteProgress(reporter, "converting");
            var source = parsed.GetRequiredValue(input);
            var result = await WeightConversion.ConvertAsync(source, target, options, progress, cancellationToken).ConfigureAwait(false);
            if (result.Remark is { } remark) reporter.Line(WeightOptions.Note(source, remark));
            if (result.LeftOut.Count > 0)
            {
                var more = result.LeftOut.Count > 4 ? $" and {result.LeftOut.Count - 4} more" : "";
                var some = string.Join(", ", result.LeftOut.Take(4).Select(OneLine.Of));
                reporter.Line($"left out, because they have no place there: {some}{more}");
            }

            if (result.LabelsLost)
                reporter.Line("warning: names of heads and labels are kept in .safetensors only; the new file has none", evenIfQuiet: true);
            if (parsed.GetValue(json) is { } path)
            {
                await JsonOutput.WriteAsync(terminal, path, new JsonObject
                {
                    ["out"] = target,
                    ["tensors"] = result.Tensors,
                    ["key"] = result.NestedKey,
                    ["left_out"] = new JsonArray([.. result.LeftOut.Select(n => (JsonNode)n)]),
                    ["labels_lost"] = result.LabelsLost,
                    ["bytes"] = new FileInfo(target).Length,
                }).ConfigureAwait(false);
            }

            if (parsed.GetValue(json) == "-") return ExitCode.Done;
            var from = result.NestedKey.Length == 0 ? "" : $" from '{OneLine.Of(result.NestedKey)}'";
            await terminal.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"wrote {result.Tensors} tensors{from} to {target} ({new FileInfo(target).Length / 1e6:F1} MB)")).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}

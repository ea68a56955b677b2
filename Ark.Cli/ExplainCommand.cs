using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark explain</c>: where in an image a label is seen.</summary>
internal static class ExplainCommand
{
    private const string Help = """
        Draw a heat map of where in an image a checkpoint sees a label: the image, and beside it the image
        under the map, with a legend. Grad-CAM on the last stage is fast and coarse; occlusion covers patch
        after patch and is finer. A map shows what the network looked at, not that it was right.

        Examples:
          ark explain chest.png --checkpoint last.pth.tar --label Cardiomegaly --out map.png
          ark explain chest.png --checkpoint ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar --label "Pleural Effusion" --head CheXpert --method occlusion --out map.png
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var image = new Argument<string>("IMAGE") { Description = "the image" };
        var label = new Option<string>("--label")
        {
            Description = "the label, or the finding by any of its names",
            HelpName = "NAME",
            Required = true,
        };
        var head = new Option<string?>("--head")
        {
            Description = "the head to ask (default: the first that knows the label)",
            HelpName = "NAME",
        };
        var method = new Option<string>("--method")
        {
            Description = "how",
            HelpName = "gradcam|occlusion",
            DefaultValueFactory = _ => "gradcam",
        };
        var patch = new Option<double>("--patch")
        {
            Description = "the side of the covered patch, as a share of the image",
            HelpName = "X",
            CustomParser = Numbers.ParseDouble,
            DefaultValueFactory = _ => new ExplanationOptions().PatchShare,
        };
        var output = new Option<string>("--out") { Description = "the picture to write", HelpName = "PNG", Required = true };
        var json = CommonOptions.Json("the map");
        var quiet = CommonOptions.Quiet();
        method.AcceptOnlyFromAmong("gradcam", "occlusion");
        var command = new Command("explain", Help) { image, label, head, method, patch, output, json, quiet };
        var model = new ModelArguments(command, readsMany: false);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OutputPath.CheckFile(parsed.GetRequiredValue(output), "--out");
            using var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet));
            var source = new ImageFile(parsed.GetRequiredValue(image));
            var picture = source.Load(services.Decoder());
            reporter.Live("explaining");
            var options = new ExplanationOptions
            {
                Method = parsed.GetValue(method) == "occlusion" ? HeatMapMethod.Occlusion : HeatMapMethod.GradCam,
                Head = parsed.GetValue(head),
                PatchShare = parsed.GetValue(patch),
            };
            using var loaded = model.Load(parsed, terminal);
            var map = await services
                .GetRequiredService<ArkExplainer>()
                .ExplainAsync(loaded, source, parsed.GetRequiredValue(label), options, cancellationToken)
                .ConfigureAwait(false);
            map.SavePng(parsed.GetRequiredValue(output), picture);
            reporter.Dispose();
            if (parsed.GetValue(json) is { } path)
                await JsonOutput.WriteAsync(terminal, path, Document(map, parsed.GetRequiredValue(output))).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-")
                await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"{map.Head}, {map.Label}: probability {map.Probability:F3}, "
                        + $"{(map.HasEvidence ? $"highest at x {map.Peak.X}, y {map.Peak.Y}" : "nothing speaks for it")}; wrote "
                        + $"{parsed.GetRequiredValue(output)}")).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonObject Document(HeatMap map, string file) => new()
    {
        ["image"] = map.Image,
        ["head"] = map.Head,
        ["label"] = map.Label,
        ["probability"] = map.Probability,
        ["method"] = map.Method.ToString().ToLowerInvariant(),
        ["evidence"] = map.HasEvidence,
        ["peak"] = new JsonObject { ["x"] = map.Peak.X, ["y"] = map.Peak.Y },
        ["width"] = map.Width,
        ["height"] = map.Height,
        ["out"] = file,
        // As text until it is written: a node for each pixel of a film would take a gigabyte.
        ["values"] = JsonArray.Create(JsonSerializer.SerializeToElement(map.Values.Select(v => Math.Round((double)v, 4)))),
    };
}

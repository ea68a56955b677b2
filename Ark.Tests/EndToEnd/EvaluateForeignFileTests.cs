using System.Text.Json.Nodes;
using Ark.Models;
using Ark.Phantom;
using static TorchSharp.torch;

namespace Ark.Tests.EndToEnd;

/// <summary>A file that no run wrote is evaluated as the run's own checkpoint is, whatever the order of its labels.</summary>
public class EvaluateForeignFileTests
{
    [Fact]
    public async Task A_file_with_the_labels_in_another_order_gives_the_figures_of_the_run()
    {
        using var folder = new TemporaryFolder();
        await PhantomDatasets.WriteAsync(
            folder.PathOf("phantom"),
            new PhantomDatasetOptions { Count = 160, Seed = 9 },
            cancellationToken: TestContext.Current.CancellationToken);
        var catalogue = folder.PathOf("phantom/phantom.yaml");
        var trained = await CommandLineRun.Of("pretrain", "--config", catalogue, "--datasets", "PhantomTriage,PhantomView", "--arch",
            "swin_mini", "--img-size", "32", "--projector-features", "16", "--epochs", "1",
            "--warmup-epochs", "0", "--batch-size", "16", "--out", folder.PathOf("run"), "--quiet");
        Assert.True(trained.ExitCode == 0, trained.Error);
        var checkpoint = folder.PathOf("run/checkpoints/last.pth.tar");
        WriteReversed(checkpoint, folder.PathOf("foreign.safetensors"));

        var expected = await Evaluate(checkpoint, catalogue);
        var actual = await Evaluate(folder.PathOf("foreign.safetensors"), catalogue);
        Assert.Equal(3, expected["labels"]!.AsArray().Count);
        Assert.Equal(expected.ToJsonString(), actual.ToJsonString());
    }

    /// <summary>The run's teacher with the outputs and labels of every head in reverse.</summary>
    private static void WriteReversed(string checkpoint, string path)
    {
        using var scope = NewDisposeScope();
        using var model = ArkModel.Load(checkpoint);
        Assert.Contains("PhantomTriage", model.Configuration.Heads.Select(h => h.Name));
        var reversed = model.Configuration with
        {
            Heads = [.. model.Configuration.Heads.Select(h => new ArkHead(
            h.Name, new LabelSchema(h.Labels.Task, [.. h.Labels.Names.Reverse()])))]
        };
        var weights = model.state_dict().ToDictionary(
            w => w.Key, w => w.Key.StartsWith("omni_heads.", StringComparison.Ordinal) ? w.Value.flip(0) : w.Value, StringComparer.Ordinal);
        Safetensors.Save(
            path, weights, new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(reversed) });
    }

    private static async Task<JsonNode> Evaluate(string checkpoint, string catalogue)
    {
        var run = await CommandLineRun.Of(
            "evaluate", "--checkpoint", checkpoint, "--config", catalogue, "--dataset", "PhantomTriage", "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        return JsonNode.Parse(run.Out)!;
    }
}

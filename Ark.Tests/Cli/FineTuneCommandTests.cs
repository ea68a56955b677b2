using System.Text.Json.Nodes;

namespace Ark.Tests.Cli;

public class FineTuneCommandTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Finetune_accepts_the_published_flags_and_keeps_what_every_command_reads()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        var run = await CommandLineRun.Of("finetune", "--config", catalogue, "--data_set", "noise", "--init", "ark", "--pretrained_weights",
            small.Checkpoint, "--trial", "2", "--epochs", "3", "--batch_size", "5", "--opt", "adamw",
            "--lr", "0.01", "--warmup-epochs", "0", "--patience", "2", "--test_augment", "true", "--num_class", "1", "--layer-decay", "0.7",
            "--mixup", "0.2", "--out", folder.PathOf("tuned"), "--json", "-");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("--num_class has no effect", run.Error, StringComparison.Ordinal);
        var json = JsonNode.Parse(run.Out)!;
        var trials = json["trials"]!.AsArray();
        double[] aurocs = [.. trials.Select(t => (double)t!["test"]!["mean_auroc"]!)];
        Assert.Equal(aurocs.Average(), (double)json["mean_auroc"]!, 1e-12);
        Assert.Equal(Math.Abs(aurocs[0] - aurocs[1]) / Math.Sqrt(2), (double)json["std_auroc"]!, 1e-12);
        Assert.Equal([0, 1], trials.Select(t => (int)t!["seed"]!));
        Assert.True(File.Exists(folder.PathOf("tuned/results.json")) && File.ReadAllLines(folder.PathOf("tuned/results.csv")).Length == 5);
        var evaluated = await CommandLineRun.Of(
            "evaluate", "--checkpoint", folder.PathOf("tuned/trial-1.safetensors"), "--config", catalogue, "--dataset", "noise", "--crops",
            "10", "--json", "-", "--quiet");
        Assert.True(evaluated.ExitCode == 0, evaluated.Error);
        Assert.Equal(aurocs[0], (double)JsonNode.Parse(evaluated.Out)!["mean_auroc"]!, 1e-6);
    }

    [Fact]
    public async Task A_frozen_encoder_stays_as_it_was_loaded()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        var run = await CommandLineRun.Of(
            "finetune", "--config", catalogue, "--dataset", "noise", "--init", small.Checkpoint, "--freeze", "--epochs", "2",
            "--batch-size", "6", "--lr", "0.1", "--warmup-epochs", "0", "--out", folder.PathOf("frozen"), "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var (before, after) = (Safetensors.Load(small.Checkpoint), Safetensors.Load(folder.PathOf("frozen/trial-1.safetensors")));
        Assert.All(
            after.Where(w => !w.Key.StartsWith("omni_heads.", StringComparison.Ordinal)),
            w => Assert.True(w.Value.Equals(before[w.Key]), w.Key));
        foreach (var tensor in before.Values.Concat(after.Values)) tensor.Dispose();
        (await CommandLineRun.Of(
            "finetune", "--config", catalogue, "--dataset", "noise", "--init", "imagenet_1k", "--out",
            folder.PathOf("x"))).AssertRefused("imagenet_1k", "--pretrained-weights");
        (await CommandLineRun.Of("finetune", "--config", catalogue, "--dataset", "noise", "--init", "random", "--out", folder.PathOf("x")))
            .AssertRefused("fine-tuning options, --arch", "(--init)");
    }
}

using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Cli;

/// <summary>Runs <c>ark evaluate --via-heads</c> and shows which heads answered.</summary>
internal static class ViaHeadsOutput
{
    public static async Task<int> RunAsync(IServiceProvider services, Terminal terminal, LoadedModel model, ArkDataset dataset, EvaluationOptions options, HeadCombination combination, string? predictions, string? json, bool quiet,
        CancellationToken cancellationToken)
    {
        if (options.Groups.Count > 0)
        {
            throw CommandLineError.Of("--groups", "cannot be used with --via-heads",
                "Write the predictions (--predictions) and group them.");
        }
        using var reporter = new ConsoleReporter(terminal, quiet);
        var (evaluation, sources, unknown) = await new ViaHeadsEvaluator(services.Decoder()).EvaluateAsync(model, dataset, options, combination,
            new WorkReporter(reporter, terminal.IsLive), cancellationToken).ConfigureAwait(false);
        reporter.Dispose();
        if (json != "-")
        {
            EvaluationTable.Write(terminal, evaluation);
            foreach (var (name, answered) in sources) await terminal.Out.WriteLineAsync($"{OneLine.Of(name)}: {OneLine.Of(string.Join(", ", answered))}").ConfigureAwait(false);
            if (unknown.Count > 0) await terminal.Out.WriteLineAsync($"not reported, because no head was trained on them: {OneLine.Of(string.Join(", ", unknown))}").ConfigureAwait(false);
        }

        if (predictions is not null) await PredictionFile.WriteAsync(predictions, evaluation.Predictions!, cancellationToken).ConfigureAwait(false);
        if (json is not null)
        {
            var document = evaluation.ToJson();
            document["combine"] = combination.ToString().ToLowerInvariant();
            document["via_heads"] = new JsonArray([.. sources.Select(s => new JsonObject { ["name"] = s.Key, ["sources"] = new JsonArray([.. s.Value.Select(v => (JsonNode)v)]) })]);
            document["not_reported"] = new JsonArray([.. unknown.Select(u => (JsonNode)u)]);
            await JsonOutput.WriteAsync(terminal, json, document).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }
}

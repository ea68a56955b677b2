using System.CommandLine;
using Ark.Data;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark data check</c>: reads every list and decodes every image before a run does.</summary>
internal static class DataCheckCommand
{
    private const string Help = """
        Read every list and decode every image of a catalogue, masks included: bad rows, missing and
        unreadable images, equal images, patients in two splits, label counts, pixel statistics. Exit code 2
        when something is wrong.

        Examples:
          ark data check --config samples/real-data/ark.yaml
          ark data check --config ark.yaml --datasets CheXpert --limit 1000 --json report.json
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = CommonOptions.Config();
        var datasets = new Option<string[]>("--datasets", "--data_set")
        {
            Description = "which datasets, by name with commas; all by default",
            HelpName = "A,B",
            AllowMultipleArgumentsPerToken = false,
        };
        var limit = new Option<int?>("--limit") { Description = "images to decode of each split; all by default", HelpName = "N" };
        var workers = new Option<int>("--workers")
        {
            Description = "images decoded at once",
            HelpName = "N",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var json = CommonOptions.Json("the report");
        var quiet = CommonOptions.Quiet();
        var command = new Command("check", Help) { config, datasets, limit, workers, json, quiet };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            var options = new DatasetCheckOptions
            {
                Limit = AtLeastOne(parsed.GetValue(limit), "--limit"),
                Workers = AtLeastOne(parsed.GetValue(workers), "--workers")!.Value,
            };
            var catalogue = await CatalogueFile.LoadAsync(parsed.GetRequiredValue(config), terminal, silent, cancellationToken)
                .ConfigureAwait(false);
            var names = DatasetNames.Of(parsed.GetValue(datasets), "--datasets") ?? [.. catalogue.Datasets.Select(d => d.Name)];
            var checks = new List<DatasetCheck>();
            using (var reporter = new ConsoleReporter(terminal, silent))
            {
                var progress = new WorkReporter(reporter, terminal.IsLive);
                foreach (var name in names)
                {
                    checks.Add(await CheckAsync(services, catalogue, name, options, progress, cancellationToken).ConfigureAwait(false));
                    reporter.Line(Summary(checks[^1]));
                }
            }

            if (parsed.GetValue(json) is { } path)
                await JsonOutput.WriteAsync(terminal, path, DataCheckReport.Json(checks)).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") DataCheckReport.Write(terminal, checks);
            return checks.TrueForAll(c => c.IsSound) ? ExitCode.Done : ExitCode.WrongInput;
        });
        return command;
    }

    private static async Task<DatasetCheck> CheckAsync(
        IServiceProvider services, DatasetCatalogue catalogue, string name, DatasetCheckOptions options, IProgress<WorkProgress> progress,
        CancellationToken cancellationToken)
    {
        // A name that the catalogue lacks is a wrong command; a dataset that cannot be read is a finding, and the others are still checked.
        if (catalogue.Datasets.All(d => d.Name != name)) catalogue.Get(name);
        try
        {
            var definition = catalogue.Get(name);
            var checker = new DatasetChecker(services.GetRequiredService<IImageDecoder>());
            var masks = services.GetRequiredService<SegmentationAdapterRegistry>();
            if (masks.Names.Contains(definition.Adapter, StringComparer.OrdinalIgnoreCase))
                return await checker
                    .CheckAsync(definition, masks.Create(definition, services), options, progress, cancellationToken)
                    .ConfigureAwait(false);
            var adapter = services.GetRequiredService<DatasetAdapterRegistry>().Create(definition, services);
            return await checker.CheckAsync(definition, adapter, options, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (ArkInputException e)
        {
            return new DatasetCheck(name, []) { Problems = [new CheckProblem(e.InputSource, null, e.Message)] };
        }
    }

    private static string Summary(DatasetCheck check)
    {
        var problems = check.Problems.Count + check.Splits.Sum(s => s.Problems.Count);
        return $"checked {check.Name}: {check.Splits.Sum(s => s.Decoded)} images decoded, {problems} problem(s)";
    }

    private static int? AtLeastOne(int? value, string option) =>
        value is null or >= 1 ? value : throw CommandLineError.Of(option, $"is {value}, expected at least 1");
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Ark.Phantom;
using Ark.Training;

namespace Ark.Cli;

/// <summary><c>ark data</c>: datasets apart from training.</summary>
internal static class DataCommand
{
    private const string PhantomHelp = """
        Render the chest radiograph phantom: four virtual datasets with PNG images, list files in the published formats, masks, truth and a catalogue.

        Examples:
          ark data phantom --out phantom
          ark data phantom --out phantom --count 2000 --seed 7
        """;

    public static Command Create(IServiceProvider services, Terminal terminal) =>
        new("data", """
        Datasets apart from training: check them, or render phantoms.

        Examples:
          ark data check --config ark.yaml
          ark data phantom --out phantom
        """) { DataCheckCommand.Create(services, terminal), Phantom(terminal) };

    private static Command Phantom(Terminal terminal)
    {
        var output = new Option<string>("--out") { Description = "the folder to make", HelpName = "DIR", Required = true };
        var count = new Option<int>("--count")
        {
            Description = "images of all four datasets together",
            HelpName = "N",
            DefaultValueFactory = _ => new PhantomDatasetOptions().Count,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "what every random number comes from",
            HelpName = "S",
            DefaultValueFactory = _ => 0,
        };
        var json = CommonOptions.Json("what was rendered");
        var quiet = CommonOptions.Quiet();
        var command = new Command("phantom", PhantomHelp) { output, count, seed, json, quiet };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new PhantomDatasetOptions { Count = parsed.GetValue(count), Seed = parsed.GetValue(seed), Masks = true };
            PhantomFolder written;
            using (var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet)))
                written = await CatalogueFile.RenderPhantomAsync(parsed.GetRequiredValue(output), options, reporter, cancellationToken)
                    .ConfigureAwait(false);
            if (parsed.GetValue(json) is { } path)
                await JsonOutput.WriteAsync(terminal, path, new JsonObject
                {
                    ["catalogue"] = written.Catalogue,
                    ["images"] = written.Images,
                    ["reused"] = written.Reused,
                }).ConfigureAwait(false);
            if (parsed.GetValue(json) == "-") return ExitCode.Done;
            await terminal.Out.WriteLineAsync($"Train on it with: ark pretrain --config "
                + $"{ShellPath.Quoted(Path.GetRelativePath(Environment.CurrentDirectory, written.Catalogue))}").ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}

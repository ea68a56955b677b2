using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Training;

namespace Ark.Cli;

/// <summary>
/// <c>--resume</c> of the commands that train. A scheduler sends a job's own line again: what it says of the run is held against what the
/// run began with.
/// </summary>
internal static class ResumeOption
{
    private const string Auto = "auto";

    /// <summary>The option.</summary>
    /// <param name="what">What is gone on with.</param>
    public static Option<string?> Create(string what) =>
        new("--resume")
        {
            Description = $"go on with {what} in this folder; auto: in that of --out, where it holds a run, or else begin it there. "
                + "Options beside it must be the run's own",
            HelpName = "DIR|auto",
        };

    /// <summary>Finds the folder of a run, and whether it goes on there.</summary>
    /// <param name="resume">What the option says.</param>
    /// <param name="output">The folder that another option names.</param>
    /// <param name="written">That option.</param>
    /// <param name="newFolder">Names the folder of a run that begins without one.</param>
    /// <param name="holdsRun">Whether a folder holds a run.</param>
    /// <exception cref="ArkInputException">There is no run to go on with, or two folders are named.</exception>
    public static (string Directory, bool GoesOn) Find(
        string? resume, string? output, string written, Func<string> newFolder, Func<string, bool> holdsRun)
    {
        if (resume is null) return (output ?? newFolder(), false);
        if (resume == Auto)
        {
            return output is not null ? (output, holdsRun(output)) : throw CommandLineError.Of("--resume", "'auto' needs the run's folder",
                "Name it (--out DIR); a folder that is called auto is ./auto.");
        }

        if (!holdsRun(resume))
        {
            throw new ArkInputException(resume, null, "holds no run to resume: it has no config.json",
                "Give the folder that the run wrote to (--out), or begin one where there is none with --out DIR --resume auto.");
        }

        if (output is not null) RequireSame(resume, written, Full(resume), Full(output));
        return (resume, true);
    }

    /// <summary>Whether the folder of a single run holds one.</summary>
    public static bool HoldsRun(string directory) => File.Exists(ConfigPath(directory));

    /// <summary>The file that says what a run began with.</summary>
    public static string ConfigPath(string directory) => Path.Combine(directory, "config.json");

    /// <summary>The folder of a run that begins without one.</summary>
    public static string NewFolder(string parent, string name) =>
        Path.Combine(parent, $"{name}-{DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}");

    /// <summary>Refuses an option that says something else than what the run began with.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <param name="written">The option as it was written.</param>
    /// <param name="then">What the run began with.</param>
    /// <param name="now">What the option says.</param>
    /// <exception cref="ArkInputException">They differ.</exception>
    public static void RequireSame(string directory, string written, object? then, object? now) =>
        RequireSame(directory, CommandLineError.Source, CommandLineError.Place(written), then, now);

    /// <summary>As the other, for what is said elsewhere.</summary>
    public static void RequireSame(string directory, string source, string place, object? then, object? now)
    {
        var (begun, asked) = (Text(then), Text(now));
        if (begun == asked) return;
        throw new ArkInputException(source, place, $"says {asked ?? "none"}, but the run in {directory} began with {begun ?? "none"}",
            $"A run goes on with the options it began with: give {begun ?? "none"} or leave it out, or begin another run (--out).");
    }

    /// <summary>Refuses a catalogue that does not have a key any more which decided how the run began.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <param name="source">The catalogue.</param>
    /// <param name="key">The key.</param>
    /// <param name="then">What the run began with.</param>
    /// <param name="now">What it would begin with now.</param>
    /// <exception cref="ArkInputException">They differ.</exception>
    public static void RequireKey(string directory, string source, string key, object? then, object? now)
    {
        if (Text(then) == Text(now)) return;
        throw new ArkInputException(source, $"key '{key}'", $"is missing now, but the run in {directory} began with {Text(then) ?? "none"}",
            "A run goes on with the options it began with: put the key back, or begin another run (--out).");
    }

    /// <summary>What a run that has ended left in its folder, and what it wrote there.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <returns>The results; <see langword="null"/> where there are none yet.</returns>
    /// <exception cref="ArkInputException">They cannot be read.</exception>
    public static JsonObject? Results(string directory)
    {
        var path = ResultsPath(directory);
        if (!File.Exists(path)) return null;
        RegularFile.Require(path);
        try
        {
            return StrictJson.Node(File.ReadAllBytes(path)) as JsonObject ?? throw new JsonException("no object");
        }
        catch (JsonException e)
        {
            throw new ArkInputException(path, null, "does not hold the results of a run",
                "Restore the file that the run wrote, or delete it to have the run tested again.", e);
        }
    }

    /// <summary>Keeps the results in the run's folder: from here on it is finished.</summary>
    public static void WriteResults(string directory, JsonObject results)
    {
        AtomicFile.WriteAllText(ResultsPath(directory), results.ToJsonString(JsonOutput.Indented) + "\n");
        // Of a process that was killed just here, or in the folder above several trials.
        AtomicFile.DeleteLeftovers(directory);
    }

    /// <summary>Says that there is nothing to go on with, and hands the results out again.</summary>
    public static async Task<int> FinishedAsync(Terminal terminal, string directory, JsonObject results, string? json)
    {
        if (json is not null) await JsonOutput.WriteAsync(terminal, json, results).ConfigureAwait(false);
        var text = $"The run in {directory} is finished; nothing is left to train. Its results are in {ResultsPath(directory)}.";
        await (json == "-" ? terminal.Error : terminal.Out).WriteLineAsync(text).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static string ResultsPath(string directory) => Path.Combine(directory, RunDirectory.ResultsName);

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static string? Text(object? value) => value is null ? null : Convert.ToString(value, CultureInfo.InvariantCulture);
}

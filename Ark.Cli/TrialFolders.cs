using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Training;

namespace Ark.Cli;

/// <summary>
/// The folder above several trainings with different seeds: <c>trials.json</c> says how many, and each has a folder <c>trial-N</c>.
/// </summary>
internal static class TrialFolders
{
    /// <summary>The folder of one training.</summary>
    /// <param name="parent">The folder above.</param>
    /// <param name="trial">The training, counted from 0.</param>
    public static string Of(string parent, int trial) => Path.Combine(parent, $"trial-{trial + 1}");

    /// <summary>Claims a folder for new trainings, and refuses one that holds others.</summary>
    /// <param name="parent">The folder; a single training's own.</param>
    /// <param name="trials">How many they are.</param>
    /// <exception cref="ArkInputException">It cannot be used.</exception>
    public static void Begin(string parent, int trials)
    {
        // A file of that name that is somebody else's is refused here.
        var planned = CountOf(parent);
        if (HoldRun(parent, Math.Max(trials, planned ?? 0)) || File.Exists(Path.Combine(parent, RunDirectory.ResultsName)))
            throw new ArkInputException(
                parent, null, "holds a run already", "Choose another folder (--out), or go on with that run (--resume).");
        try
        {
            if (trials == 1)
            {
                // Trials that never began have left their number.
                if (planned is not null) File.Delete(CountPath(parent));
                return;
            }

            Directory.CreateDirectory(parent);
            AtomicFile.WriteAllText(CountPath(parent), new JsonObject { ["trials"] = trials }.ToJsonString() + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(
                parent, null, $"cannot be written to: {e.Message.TrimEnd('.')}", "Choose another folder (--out).", e);
        }
    }

    /// <summary>Whether a folder holds a training that has begun.</summary>
    /// <param name="parent">The folder; a single training's own.</param>
    public static bool HoldRun(string parent) => HoldRun(parent, CountOf(parent) ?? 0);

    private static bool HoldRun(string parent, int trials) =>
        Enumerable.Range(0, trials).Select(t => Of(parent, t)).Append(parent).Any(ResumeOption.HoldsRun);

    /// <summary>How many trainings a folder is for.</summary>
    /// <returns>Their number; <see langword="null"/> where the folder is of one run.</returns>
    /// <exception cref="ArkInputException">The folder does not say it.</exception>
    public static int? CountOf(string parent)
    {
        var path = CountPath(parent);
        if (!File.Exists(path)) return null;
        RegularFile.Require(path);
        try
        {
            return (int)StrictJson.Node(File.ReadAllBytes(path))!["trials"]! is >= 2 and var trials
                ? trials
                : throw new JsonException("too few trials");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new ArkInputException(path, null, "does not say how many trials there are", "Restore the file that the run wrote.", e);
        }
    }

    private static string CountPath(string parent) => Path.Combine(parent, "trials.json");
}

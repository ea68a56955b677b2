using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Training;

/// <summary>
/// The folder of a fine-tuning: <c>config.json</c> says how it began, <c>results.json</c> and <c>results.csv</c> hold the trials that have
/// ended, and each of those has left its weights.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class FineTuningFolder(string path)
{
    private const string Kind = "fine-tuning";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private string ConfigPath => Path.Combine(path, "config.json");

    private string ResultsPath => Path.Combine(path, "results.json");

    /// <summary>The file of a trial's weights; trials count from 0.</summary>
    public string WeightsOf(int trial) => Path.Combine(path, $"trial-{trial + 1}.safetensors");

    /// <summary>Where a trial keeps what belongs to it alone while it goes on: metrics, report, states.</summary>
    private string TrialOf(int trial) => Path.Combine(path, $"trial-{trial + 1}");

    /// <summary>Opens a trial's own folder; the caller disposes it.</summary>
    /// <param name="trial">The trial, from 0.</param>
    /// <param name="kept">How many states it keeps.</param>
    /// <exception cref="ArkInputException">It is in use, or cannot be written.</exception>
    public RunDirectory OpenTrial(int trial, int kept)
    {
        var directory = RunDirectory.Open(TrialOf(trial), resume: File.Exists(Path.Combine(TrialOf(trial), "config.json")));
        directory.ResumePath = path;
        // Without a state there is nothing to go on with, and the records are of steps that are made again.
        if (!RunCheckpoints.HasState(directory, kept)) directory.TruncateMetrics(0);
        return directory;
    }

    /// <summary>What a trial's own folder says of it.</summary>
    public static JsonObject Configuration(StateDescription description, PreparedDataset data, ulong seed) => new()
    {
        ["kind"] = description.Kind,
        ["ark_version"] = typeof(FineTuningFolder).Assembly.GetName().Version!.ToString(3),
        ["seed"] = seed,
        ["datasets"] = new JsonArray(new JsonObject
        {
            ["name"] = data.Name,
            ["task"] = data.Labels.Task.ToString(),
            ["labels"] = new JsonArray([.. data.Labels.Names.Select(n => (JsonNode)n)]),
            ["train"] = data.Train.Count,
            ["validation"] = data.Validation.Count,
            ["test"] = data.Test.Count,
        }),
    };

    /// <summary>
    /// Deletes the states of a trial that has ended: its weights and results are kept, so that nothing goes on from them.
    /// </summary>
    public void DeleteStates(int trial) => Writing(() =>
    {
        var states = Path.Combine(TrialOf(trial), "checkpoints");
        if (Directory.Exists(states)) Directory.Delete(states, recursive: true);
    });

    /// <summary>
    /// Deletes the states of the trials that have ended, where a kill came between their results and that. Writes nothing where there are
    /// none.
    /// </summary>
    /// <param name="ended">How many trials have ended.</param>
    public void DeleteStatesOf(int ended)
    {
        for (var t = 0; t < ended; t++) DeleteStates(t);
    }

    /// <summary>
    /// Keeps the folder to this fine-tuning until it is disposed, and clears away what a killed process left half-written.
    /// </summary>
    /// <param name="resume">Whether it must hold a run to go on with, rather than none. One that ended before its first state was written
    /// is none: nothing of it is lost.</param>
    /// <exception cref="ArkInputException">It holds another, is in use, or cannot be written.</exception>
    public IDisposable Take(bool resume)
    {
        if (resume) _ = ReadConfig();
        var held = RunLock.Take(path);
        // Asked under the lock: another process may have begun, and ended, a run here a moment ago.
        if (!resume && (File.Exists(ResultsPath) || File.Exists(WeightsOf(0)) || HoldsState || HoldsAnotherRun))
        {
            held.Dispose();
            throw new ArkInputException(path, null, "holds a run already",
                "Choose another folder ('Directory'), or go on with that run ('Resume').");
        }

        try
        {
            Writing(() => AtomicFile.DeleteLeftovers(path));
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    // What a stopped trial goes on from.
    private bool HoldsState => File.Exists(Path.Combine(TrialOf(0), "checkpoints", "last.pth.tar"));

    // A pretraining or a training of segmentation that has not ended: its configuration must not be overwritten.
    private bool HoldsAnotherRun => Directory.Exists(Path.Combine(path, "checkpoints"));

    /// <summary>Records how a new fine-tuning begins.</summary>
    /// <param name="data">The dataset.</param>
    /// <param name="options">How it is fine-tuned.</param>
    /// <param name="origin">Where whoever goes on finds the dataset again; <see langword="null"/> where only a program knows.</param>
    /// <exception cref="TrainingStoppedException">The folder cannot be written.</exception>
    public void Begin(PreparedDataset data, FineTuningOptions options, JsonNode? origin)
    {
        var config = new JsonObject
        {
            ["kind"] = Kind,
            ["ark_version"] = typeof(FineTuningFolder).Assembly.GetName().Version!.ToString(3),
            ["origin"] = origin,
            ["data"] = data.Digest,
            ["options"] = OptionTables.FineTuning.ToJson(Lasting(options)),
        };
        Writing(() => AtomicFile.WriteAllText(ConfigPath, config.ToJsonString(Format) + "\n"));
    }

    /// <summary>How the fine-tuning began.</summary>
    /// <returns>Where its dataset is found, as <see cref="Begin"/> was told it; its options; and what tells its lists from
    /// others.</returns>
    /// <exception cref="ArkInputException">The folder holds none, or its file is damaged.</exception>
    public (JsonNode? Origin, FineTuningOptions Options, string Data) ReadConfig()
    {
        if (!File.Exists(ConfigPath))
        {
            throw new ArkInputException(path, null, "holds no run to resume: it has no config.json",
                "Give the folder that the run wrote to.");
        }
        return Reading(ConfigPath, "is not the configuration of a fine-tuning", config => (string?)config["kind"] == Kind
            ? (config["origin"], FineTuningRecord.Read(config["options"]!.AsObject(), ConfigPath), (string)config["data"]!)
            : throw new JsonException("of another kind"));
    }

    /// <summary>The trials that have ended, and the images that they left out; none where the first one has not.</summary>
    /// <param name="data">The dataset.</param>
    /// <param name="options">The options that the fine-tuning goes on with.</param>
    /// <exception cref="ArkInputException">They are of another fine-tuning, or their file is damaged.</exception>
    public (IReadOnlyList<FineTuningTrial> Trials, IReadOnlyList<string> SkippedImages) ReadTrials(
        PreparedDataset data, FineTuningOptions options)
    {
        var began = ReadConfig();
        if (!OptionTables.FineTuning.DecideAlike(began.Options, Lasting(options)))
            throw new ArkInputException(
                ConfigPath, null, "holds other options than those to go on with", "Go on with the options that the run began with.");
        if (began.Data != data.Digest)
        {
            throw new ArkInputException(ConfigPath, $"dataset '{data.Name}'", "has other images or labels now than when the run began",
                "Restore its lists, or begin a new run.");
        }

        if (!File.Exists(ResultsPath)) return ([], []);
        return Reading(ResultsPath, "does not hold the trials of this fine-tuning", results =>
        {
            var trials = results["trials"]!.AsArray().Select((t, k) => Trial(t!, data.Name, WeightsOf(k))).ToList();
            if (trials.Count > options.Trials || trials.Where((t, k) => t.Seed != options.Seed + (ulong)k).Any())
                throw new JsonException("other trials");
            return (trials, results["skipped_images"]!.AsArray().Select(s => (string)s!).ToList());
        });
    }

    /// <summary>Keeps what all trials so far came to.</summary>
    /// <exception cref="TrainingStoppedException">The folder cannot be written.</exception>
    public void Write(FineTuningResult result) => Writing(() =>
    {
        AtomicFile.WriteAllText(Path.Combine(path, "results.csv"), result.ToCsv());
        // Last: what it names is there.
        AtomicFile.WriteAllText(ResultsPath, result.ToJson().ToJsonString() + "\n");
    });

    /// <summary>Carries out something that writes here; where the disk refuses, the run stops with one clear line.</summary>
    public void Writing(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (UnwritableFile.Is(e) || e is CheckpointException { InnerException: not null })
        {
            var cause = e is CheckpointException checkpoint ? $"{checkpoint.InputSource} {checkpoint.Problem}" : UnwritableFile.Reason(e);
            throw new TrainingStoppedException($"{path}: the results cannot be written: {cause}. Trials that ended before are kept; make "
                + $"room or mend the folder, then go on with: 'Resume' {ShellPath.Quoted(path)}", e);
        }
    }

    /// <summary>Options that mean the same from another folder, for a run that goes on there.</summary>
    internal static FineTuningOptions Lasting(FineTuningOptions options)
    {
        var lasting = options.Clone();
        lasting.UseFullPaths();
        return lasting;
    }

    private static T Reading<T>(string file, string problem, Func<JsonNode, T> read)
    {
        RegularFile.Require(file);
        try
        {
            return read(StrictJson.Node(File.ReadAllBytes(file))!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException
            or ArgumentException)
        {
            throw new ArkInputException(file, null, problem, "Restore the file that the run wrote.", e);
        }
    }

    private static FineTuningTrial Trial(JsonNode trial, string dataset, string weights)
    {
        var test = trial["test"]!;
        return new FineTuningTrial((ulong)trial[
            "seed"]!, (int)trial["epochs"]!, (int)trial["best_epoch"]!, (double)trial["validation_loss"]!, new DatasetEvaluation
            {
                Dataset = dataset,
                Split = DatasetSplit.Test,
                Weights = ModelRole.Student,
                Images = (int)test["images"]!,
                Threshold = (double?)test["threshold"],
                Accuracy = (double?)test["accuracy"],
                Mcc = (double?)test["mcc"],
                F1 = (double?)test["f1"],
                Labels = [.. test["labels"]!.AsArray().Select(l => new LabelEvaluation(
                (string)l!["name"]!, (double?)l["auroc"], (int)l["positives"]!, (int)l["negatives"]!)
            {
                AveragePrecision = (double?)l["average_precision"],
                Accuracy = (double?)l["accuracy"],
                Mcc = (double?)l["mcc"],
                F1 = (double?)l["f1"],
                Sensitivity = (double?)l["sensitivity"],
                Specificity = (double?)l["specificity"],
            })],
            }, weights);
    }
}

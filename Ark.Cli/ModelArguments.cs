using System.CommandLine;
using Ark.Data;
using Ark.Inference;
using Ark.Models;

namespace Ark.Cli;

/// <summary>The options of every command that runs a checkpoint over images.</summary>
internal sealed class ModelArguments
{
    private readonly Terminal _terminal;
    private readonly WeightOptions _file;
    private readonly Option<string?> _checkpoint;
    private readonly Option<string> _weights = new("--weights")
    {
        Description = "which network",
        HelpName = "teacher|student",
        DefaultValueFactory = _ => "teacher",
    };
    private readonly Option<string> _device = new("--device")
    {
        Description = "where to compute",
        HelpName = "cpu|cuda[:i]",
        DefaultValueFactory = _ => "cpu",
    };
    private readonly Option<string> _precision = new("--precision")
    {
        Description = "the arithmetic",
        HelpName = "fp32|bf16|int8",
        DefaultValueFactory = _ => "fp32",
    };
    private readonly Option<int?> _imageSize = new("--image-size")
    {
        Description = "pixels of the model's images, where the file does not tell them",
        HelpName = "N",
    };
    private readonly Option<int> _batch = new("--batch-size", "--batch_size")
    {
        Description = "images of a batch",
        HelpName = "N",
        DefaultValueFactory = _ => 32,
    };
    private readonly Option<int> _workers = new("--workers")
    {
        Description = "threads that prepare images",
        HelpName = "N",
        DefaultValueFactory = _ => 2,
    };

    /// <summary>Adds the options that a command heeds.</summary>
    /// <param name="command">The command.</param>
    /// <param name="terminal">Where it is said which weights of a file were taken.</param>
    /// <param name="required">Whether it needs a checkpoint.</param>
    /// <param name="readsMany">Whether it reads images in batches, in an arithmetic of choice.</param>
    public ModelArguments(Command command, Terminal terminal, bool required = true, bool readsMany = true)
    {
        _terminal = terminal;
        _checkpoint = new Option<string?>("--checkpoint")
        {
            Description = "the checkpoint of a run, or a file of the original Ark or Ark+",
            HelpName = "FILE",
            Required = required,
        };
        _weights.AcceptOnlyFromAmong("teacher", "student");
        _precision.AcceptOnlyFromAmong("fp32", "bf16", "int8");
        command.Add(_checkpoint);
        command.Add(_weights);
        _file = new WeightOptions(command);
        command.Add(_device);
        command.Add(_imageSize);
        if (!readsMany) return;
        command.Add(_precision);
        command.Add(_batch);
        command.Add(_workers);
    }

    public string? Checkpoint(ParseResult parsed) => parsed.GetValue(_checkpoint);

    public string Device(ParseResult parsed) => parsed.GetRequiredValue(_device);

    public int BatchSize(ParseResult parsed) => AtLeastOne(parsed.GetValue(_batch), "--batch-size");

    public int Workers(ParseResult parsed) => AtLeastOne(parsed.GetValue(_workers), "--workers");

    public InferencePrecision Precision(ParseResult parsed) =>
        parsed.GetValue(_precision) switch
        {
            "bf16" => InferencePrecision.Bf16,
            "int8" => InferencePrecision.Int8,
            _ => InferencePrecision.Fp32,
        };

    public ModelRole Weights(ParseResult parsed) => parsed.GetValue(_weights) == "student" ? ModelRole.Student : ModelRole.Teacher;

    /// <summary>The network that was asked for by name; <see langword="null"/> where none was.</summary>
    public ModelRole? WeightsGiven(ParseResult parsed) => parsed.IsGiven(_weights) ? Weights(parsed) : null;

    public int? ImageSize(ParseResult parsed) =>
        parsed.GetValue(_imageSize) is { } size ? AtLeastOne(size, "--image-size") : null;

    /// <summary>Loads the model that the options name.</summary>
    public LoadedModel Load(ParseResult parsed) =>
        Load(parsed, parsed.GetRequiredValue(_checkpoint)!, Weights(parsed), orBackbone: false);

    /// <summary>Loads a network whose features alone may be wanted, so that a backbone will do.</summary>
    public LoadedModel LoadForFeatures(ParseResult parsed) => LoadForFeatures(parsed, parsed.GetRequiredValue(_checkpoint)!);

    /// <summary>The same of a file that is named otherwise.</summary>
    public LoadedModel LoadForFeatures(ParseResult parsed, string checkpoint, ModelRole? weights = null) =>
        Load(parsed, checkpoint, weights ?? Weights(parsed), orBackbone: true);

    // Says what was taken of the file, and where it computes in another arithmetic than is asked for.
    private LoadedModel Load(ParseResult parsed, string checkpoint, ModelRole weights, bool orBackbone)
    {
        var key = _file.Key(parsed);
        if (key is not null && parsed.IsGiven(_weights))
            throw CommandLineError.Of("--key", "excludes --weights, which chooses a key too", "Give one of them.");
        var loaded = LoadedModel.Load(
            checkpoint, weights, Device(parsed), Precision(parsed), key, _file.Reading(parsed), ImageSize(parsed), orBackbone);
        if (loaded.Remark is { } remark) _terminal.Error.WriteLine(WeightOptions.Note(checkpoint, remark));
        if (loaded.ActualPrecision != loaded.Precision)
            _terminal.Error.WriteLine(
                $"warning: this machine has no {parsed.GetValue(_precision)} arithmetic for this model; it computes in fp32");
        return loaded;
    }

    public ReadingOptions Reading(ParseResult parsed, int crops = 1, BadImagePolicy badImages = BadImagePolicy.Stop) =>
        new() { BatchSize = BatchSize(parsed), Workers = Workers(parsed), Crops = crops, BadImages = badImages };

    public static int AtLeastOne(int value, string option) =>
        value >= 1 ? value : throw CommandLineError.Of(option, $"{value} is too few", "Give at least 1.");

    public static DatasetSplit Split(string name) =>
        name switch { "train" => DatasetSplit.Train, "test" => DatasetSplit.Test, _ => DatasetSplit.Validation };
}

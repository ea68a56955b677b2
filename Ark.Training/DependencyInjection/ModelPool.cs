using Ark.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ark.Training;

/// <summary>The models of a host. Names that stand for the same network of the same file on the same device share its weights. Thread-safe.</summary>
internal sealed partial class ModelPool(ILogger<ModelPool>? logger = null)
{
    private readonly ILogger _logger = (ILogger?)logger ?? NullLogger.Instance;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Path, ModelRole Weights, string Device), LoadedModel> _models = [];

    /// <summary>Loads a model, or shares one that is loaded.</summary>
    /// <param name="name">What the host calls it, for the log.</param>
    /// <param name="options">Its options.</param>
    /// <param name="device">Where it shall live.</param>
    /// <returns>The model; the caller disposes it, shared or not.</returns>
    /// <exception cref="ArkInputException">The file cannot be used.</exception>
    public LoadedModel Get(string name, ArkModelOptions options, string device)
    {
        var key = (Identity(options.Checkpoint), options.Weights, device);
        lock (_gate)
        {
            if (_models.TryGetValue(key, out var known) && known.TryShare())
            {
                if (known.IsPreparedFor(options.Precision)) LogShared(name, options.Checkpoint);
                else LogPreparedTwice(name, options.Checkpoint, known.Precision, options.Precision, known.MegabytesIn(options.Precision));
                return known;
            }

            return _models[key] = LoadedModel.Load(options.Checkpoint, options.Weights, device, options.Precision);
        }
    }

    // Another way to write a path, or a link to the file, is no other file.
    private static string Identity(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Loading says what is wrong with it.
            return path;
        }
    }

    [LoggerMessage(EventId = 301, Level = LogLevel.Information, Message = "Model '{Name}' shares the weights of {Checkpoint} that are loaded already.")]
    private partial void LogShared(string name, string checkpoint);

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning,
        Message = "Model '{Name}' computes in {Precision} with {Checkpoint}, which is loaded for {Loaded} already: its weights are prepared once more and take about {Megabytes} MB beside the others. Give both the same precision to share them.")]
    private partial void LogPreparedTwice(string name, string checkpoint, InferencePrecision loaded, InferencePrecision precision, long megabytes);
}

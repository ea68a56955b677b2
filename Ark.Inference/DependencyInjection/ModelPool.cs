using Ark.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ark.Inference;

/// <summary>
/// The models of a host. Names that stand for the same network of the same file on the same device share its weights. Thread-safe.
/// </summary>
internal sealed partial class ModelPool(ILogger<ModelPool>? logger = null)
{
    private readonly ILogger _logger = (ILogger?)logger ?? NullLogger.Instance;
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, ModelWeights> _loaded = [];

    /// <summary>Loads a model, or shares weights that are loaded.</summary>
    /// <param name="name">What the host calls it, for the log.</param>
    /// <param name="options">Its options.</param>
    /// <param name="device">Where it shall live.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="ArkInputException">The file cannot be used.</exception>
    public LoadedModel Get(string name, ArkModelOptions options, string device)
    {
        NativeRuntime.Ensure();
        var (path, target) = (options.Checkpoint, ComputeDevice.Of(device));
        var key = new Key(
            PathIdentity.Of(path), options.Weights, options.NestedKey, options.StripPrefix, options.ImageSize,
            $"{target.type}:{Math.Max(0, target.index)}");
        lock (_gate)
        {
            if (_loaded.TryGetValue(key, out var weights) && weights.TryShare())
            {
                if (weights.MegabytesFor(options.Precision) is > 0 and var megabytes)
                    LogPreparedTwice(name, options.Precision, path, megabytes);
                else LogShared(name, path);
            }
            else
            {
                var reading = new PyTorchLoadOptions { StripPrefix = options.StripPrefix, InertNames = [.. options.InertNames] };
                var file = ModelFile.Open(path, options.Weights, options.NestedKey, reading, options.ImageSize);
                _loaded[key] = weights = new ModelWeights(file, target, options.Precision);
            }

            return new LoadedModel(weights, path, options.Weights, target, options.Precision);
        }
    }

    [LoggerMessage(
        EventId = 4004,
        Level = LogLevel.Information,
        Message = "Model '{Name}' shares the weights of {Checkpoint} that are loaded already.")]
    private partial void LogShared(string name, string checkpoint);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Warning,
        Message = "Model '{Name}' computes in {Precision} with {Checkpoint}, which is loaded in another precision: its weights take about "
            + "{Megabytes} MB once more. With the same precision both would share them.")]
    private partial void LogPreparedTwice(string name, InferencePrecision precision, string checkpoint, long megabytes);

    /// <summary>What tells loaded weights from others.</summary>
    private sealed record Key(
        string Path, ModelRole Weights, string? NestedKey, string? StripPrefix, int? ImageSize, string Device);
}

using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ark.Inference;

/// <summary>Logs what a host has loaded, under the category <c>Ark.Inference.ModelService</c>.</summary>
internal static partial class ModelLog
{
    /// <summary>The host's log of serving, if it has one.</summary>
    public static ILogger? For(IServiceProvider provider) =>
        provider.GetService<ILoggerFactory>()?.CreateLogger(typeof(ModelService).FullName!);

    /// <summary>Loads and logs.</summary>
    /// <param name="provider">The host's services.</param>
    /// <param name="model">What is loaded.</param>
    /// <param name="file">From where.</param>
    /// <param name="load">Loads.</param>
    /// <param name="describe">Says its architecture and its arithmetic.</param>
    public static T Loading<T>(
        IServiceProvider provider, ServedModel model, string file, Func<T> load, Func<T, (string Architecture, string Precision)> describe)
    {
        var begin = Stopwatch.GetTimestamp();
        var loaded = model.Naming("Checkpoint", load);
        if (For(provider) is { } logger)
        {
            var (architecture, precision) = describe(loaded);
            var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            LogLoaded(logger, model.Kind, model.Name, file, architecture, precision, seconds);
        }

        return loaded;
    }

    [LoggerMessage(
        EventId = 4001,
        Level = LogLevel.Information,
        Message = "The {Kind} {Model} was loaded from {File}: {Architecture}, {Precision}, {Seconds:F1} s")]
    private static partial void LogLoaded(
        ILogger logger, string kind, string model, string file, string architecture, string precision, double seconds);
}

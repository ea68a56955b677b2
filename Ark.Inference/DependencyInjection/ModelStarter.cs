using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ark.Inference;

/// <summary>Loads a host's models when it starts, where their options say so, and knows which are ready.</summary>
/// <param name="provider">The host's services.</param>
/// <param name="models">What the host was told of.</param>
/// <param name="logger">The host's log.</param>
internal sealed partial class ModelStarter(IServiceProvider provider, IEnumerable<ServedModel> models, ILogger<ModelStarter>? logger = null)
    : IHostedService
{
    private readonly ILogger _logger = logger ?? NullLogger<ModelStarter>.Instance;
    private readonly ConcurrentDictionary<ServedModel, string?> _done = new();

    // Read once: options may change while the host runs, and nothing would load by the new ones.
    private readonly Lazy<IReadOnlyDictionary<ServedModel, ModelLoading>> _models = new(() => models.ToDictionary(
        m => m, m => m.Loading(provider)));
    private Task _background = Task.CompletedTask;
    private volatile bool _isStopping;

    /// <summary>The models that the host loads by itself and that do not answer yet, and why.</summary>
    public IReadOnlyList<string> NotReady() =>
        [.. _models.Value.Where(m => m.Value != ModelLoading.WhenAsked).Select(m => m.Key).Select(m => _done.TryGetValue(m, out var problem)
            ? problem
            : $"{m} is being loaded").OfType<string>()];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Away from the thread that starts the host; a file that cannot be used ends the start.
        foreach (var model in With(ModelLoading.AtStart)) await Task.Run(() => Load(model), cancellationToken).ConfigureAwait(false);
        _background = Task.Run(LoadBeside, CancellationToken.None);
    }

    // Nothing can stop a file's loading, and what it needs must not be disposed under it; those behind it are not begun.
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        return _background.WaitAsync(cancellationToken);
    }

    private void LoadBeside()
    {
        foreach (var model in With(ModelLoading.InBackground))
        {
            if (_isStopping) return;
            try
            {
                Load(model);
            }
            catch (Exception e)
            {
                // There is no caller: the log and the health check tell it.
                _done[model] = e.Message;
                LogFailed(e is ArkInputException ? null : e, model.Kind, model.Name, e.Message);
            }
        }
    }

    private void Load(ServedModel model)
    {
        var begin = Stopwatch.GetTimestamp();
        model.Load(provider);
        _done[model] = null;
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        LogReady(model.Kind, model.Name, seconds);
    }

    private IEnumerable<ServedModel> With(ModelLoading loading) => _models.Value.Where(m => m.Value == loading).Select(m => m.Key);

    [LoggerMessage(
        EventId = 4002, Level = LogLevel.Information, Message = "The {Kind} {Model} is ready: loaded, and run once, in {Seconds:F1} s")]
    private partial void LogReady(string kind, string model, double seconds);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Error, Message = "The {Kind} {Model} could not be loaded: {Reason}")]
    private partial void LogFailed(Exception? exception, string kind, string model, string reason);
}

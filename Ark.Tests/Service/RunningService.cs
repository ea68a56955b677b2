using System.Collections.Concurrent;
using Ark.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Ark.Tests.Service;

/// <summary>The sample service on a free port, with a small random model, and all that it logs.</summary>
public sealed class RunningService : IAsyncLifetime
{
    private readonly SmallModel _small = new();
    private WebApplication? _app;

    internal SmallModel Small => _small;

    internal ConcurrentQueue<string> Log { get; } = [];

    internal HttpClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync() => (_app, Client) = await StartAsync(Log, $"--Ark:Model:Checkpoint={_small.Checkpoint}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        _small.Dispose();
    }

    /// <summary>Starts a service; the caller disposes both.</summary>
    internal static async Task<(WebApplication App, HttpClient Client)> StartAsync(ConcurrentQueue<string> log, params string[] settings)
    {
        var app = ServiceHost.Build(["--Urls=http://127.0.0.1:0", .. settings], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(new Recorder(log));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return (app, new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = System.Threading.Timeout.InfiniteTimeSpan });
    }

    private sealed class Recorder(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Ark.Models;

namespace Ark.Inference;

/// <summary>
/// One model for many callers. Images are decoded and prepared on the callers' side, in parallel; one thread of its own takes what is
/// ready, up to a size and a delay, and runs it as one batch. A caller's bad image, or its cancellation, is that caller's alone.
/// Thread-safe.
/// </summary>
internal sealed class ModelService : IDisposable
{
    private readonly ModelRunner _runner;
    private readonly IImageDecoder _decoder;
    private readonly ModelServiceOptions _options;
    private readonly DecodingBudget _budget;
    private readonly ServingTelemetry _watch;
    private readonly SemaphoreSlim _places;
    private readonly BlockingCollection<ModelRequest> _ready = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread _thread;
    private float[] _batch = [];
    private int _arriving;
    private int _disposed;

    /// <summary>Starts serving.</summary>
    /// <param name="model">The model; borrowed for the life of the service.</param>
    /// <param name="decoder">Decodes images.</param>
    /// <param name="options">How requests share batches.</param>
    /// <param name="budget">What may be decoded at a time.</param>
    /// <param name="watch">Measures and logs.</param>
    public ModelService(
        LoadedModel model, IImageDecoder decoder, ModelServiceOptions options, DecodingBudget budget, ServingTelemetry watch)
    {
        Model = model;
        (_budget, _watch) = (budget, watch);
        _decoder = decoder;
        _options = options;
        _runner = new ModelRunner(model, options.Precision);
        _places = new SemaphoreSlim(options.QueueCapacity);
        _thread = new Thread(Serve) { IsBackground = true, Name = "ark-model" };
        _thread.Start();
    }

    public LoadedModel Model { get; }

    public IReadOnlyList<ModelHead> Heads => _runner.Heads;

    public IReadOnlyList<int> ShapeOf(EmbeddingKind kind) => _runner.ShapeOf(kind);

    /// <summary>Runs the network on nothing, so that what its first forward prepares is there before the first caller.</summary>
    public void RunOnce() => _runner.RunAll(new float[_runner.ViewLength], 1, InferenceOutputs.Pooled | InferenceOutputs.Logits);

    /// <summary>Runs one image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="output">What to compute; exactly one output.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    /// <returns>The image's row.</returns>
    /// <exception cref="ArkInputException">The image cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="ObjectDisposedException">The service has been shut down, before the call or while it waited.</exception>
    public Task<float[]> RunAsync(ImageSource image, InferenceOutputs output, CancellationToken cancellationToken) =>
        _watch.RunAsync(asked => RunAsync(image, output, asked, cancellationToken));

    /// <summary>Lets the running batch end, refuses what waits, and ends the thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _stopping.Cancel();
        _ready.CompleteAdding();
        _thread.Join();
        _stopping.Dispose();
        _ready.Dispose();
    }

    private async Task<float[]> RunAsync(ImageSource image, InferenceOutputs output, long asked, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        _watch.Joined();
        var queued = true;
        try
        {
            await _places.WaitAsync(either.Token).ConfigureAwait(false);
            var request = await PrepareAsync(image, output, asked, either.Token, cancellationToken).ConfigureAwait(false);
            queued = false;
            return await request.Completion.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(ModelService), "The model is being shut down.");
        }
        finally
        {
            // What was prepared leaves with its batch.
            if (queued) _watch.Left();
        }
    }

    private async Task<ModelRequest> PrepareAsync(
        ImageSource image, InferenceOutputs output, long asked, CancellationToken either, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<float>.Shared.Rent(_runner.ViewLength);
        try
        {
            Interlocked.Increment(ref _arriving);
            try
            {
                // Away from the caller, which may be on a thread that must not be kept; decoding takes longer than a small network.
                await Task.Run(() => Prepare(image, buffer, either), either).ConfigureAwait(false);
            }
            finally
            {
                // Before it is ready: else a batch of one would wait for itself.
                Interlocked.Decrement(ref _arriving);
            }

            var request = new ModelRequest(buffer, output, asked, cancellationToken);
            Enqueue(request);
            return request;
        }
        catch
        {
            ArrayPool<float>.Shared.Return(buffer);
            _places.Release();
            throw;
        }
    }

    private void Prepare(ImageSource image, float[] view, CancellationToken cancellationToken)
    {
        // Held until the picture has become a view, which is small.
        using var lease = _budget.Lend(cancellationToken);
        _runner.Transform.Apply(image.Load(lease.Through(_decoder)), new RandomStream(0), view.AsSpan(0, _runner.ViewLength));
    }

    private void Enqueue(ModelRequest request)
    {
        try
        {
            _ready.Add(request, CancellationToken.None);
        }
        catch (InvalidOperationException e)
        {
            // Completed, or already disposed, between the caller's check and here.
            throw new OperationCanceledException("The model is being shut down.", e);
        }
    }

    private void Serve()
    {
        foreach (var first in _ready.GetConsumingEnumerable())
        {
            var batch = Collect(first);
            if (_stopping.IsCancellationRequested) Error(batch);
            else Run(batch);
        }
    }

    // A batch is full, or nobody is on the way, or those who are take too long.
    private List<ModelRequest> Collect(ModelRequest first)
    {
        List<ModelRequest> batch = [first];
        var since = Stopwatch.GetTimestamp();
        while (batch.Count < _options.MaxBatchSize)
        {
            if (!_ready.TryTake(out var next))
            {
                var left = _options.MaxBatchDelay - Stopwatch.GetElapsedTime(since);
                if (Volatile.Read(ref _arriving) == 0 || left <= TimeSpan.Zero || !_ready.TryTake(out next, left)) break;
            }

            batch.Add(next);
        }

        return batch;
    }

    private void Run(List<ModelRequest> batch)
    {
        var length = _runner.ViewLength;
        var wanted = batch.Where(r => !r.CancellationToken.IsCancellationRequested).ToList();
        if (_batch.Length < wanted.Count * length) _batch = new float[wanted.Count * length];
        for (var i = 0; i < wanted.Count; i++) wanted[i].Images.AsSpan(0, length).CopyTo(_batch.AsSpan(i * length));
        Release(batch);
        try
        {
            if (wanted.Count == 0) return;
            _watch.Began([.. wanted.Select(r => r.Asked)]);
            var outputs = wanted.Aggregate(InferenceOutputs.None, (all, r) => all | r.Outputs);
            var rows = _runner.RunAll(_batch, wanted.Count, outputs);
            for (var i = 0; i < wanted.Count; i++)
            {
                var all = rows[wanted[i].Outputs];
                var width = all.Length / wanted.Count;
                wanted[i].Completion.TrySetResult(all.AsSpan(i * width, width).ToArray());
            }
        }
        catch (Exception e)
        {
            _watch.Failed(e, wanted.Count);
            // Nothing is swallowed: each caller of the batch gets it, and the next batch is served.
            foreach (var request in wanted) request.Completion.TrySetException(e);
        }
    }

    private void Error(List<ModelRequest> batch)
    {
        Release(batch);
        foreach (var request in batch)
            request.Completion.TrySetException(new ObjectDisposedException(nameof(ModelService), "The model is being shut down."));
    }

    private void Release(List<ModelRequest> batch)
    {
        foreach (var request in batch) ArrayPool<float>.Shared.Return(request.Images);
        _watch.Left(batch.Count);
        _places.Release(batch.Count);
    }
}

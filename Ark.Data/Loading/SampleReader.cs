using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Ark.Data;

/// <summary>
/// What all loaders have in common: worker threads that read ahead of the consumer, as far as <see cref="BatchLoaderOptions.Prefetch"/>
/// allows, buffers that are used again, and the policy for bad images. Batches come in the order of the pass. A slow image holds up its own
/// batch while the workers go on with the next ones. Thread-safe: several readings may run at once.
/// </summary>
internal sealed class SampleReader
{
    private readonly int _count;
    private readonly int _imageLength;
    private readonly int _targetLength;
    private readonly int _prefetch;
    private readonly Func<int, string> _nameOf;
    private readonly BatchLoaderOptions _options;
    private readonly BatchBufferPool _imagePool;
    private readonly BatchBufferPool _targetPool;
    private readonly ConcurrentDictionary<int, bool> _reported = new();

    /// <summary>Creates a reader.</summary>
    /// <param name="count">How many samples there are.</param>
    /// <param name="imageLength">Values of a sample's pixels.</param>
    /// <param name="targetLength">Values of its targets.</param>
    /// <param name="nameOf">The name of a sample's image.</param>
    /// <param name="options">How to read.</param>
    /// <param name="targetPool">Where target buffers come from; image buffers come from the pool of the options.</param>
    /// <exception cref="ArgumentException">A batch would be larger than an array can be.</exception>
    public SampleReader(
        int count, long imageLength, long targetLength, Func<int, string> nameOf, BatchLoaderOptions options, BatchBufferPool targetPool)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Workers, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Prefetch ?? 1, 1, nameof(options));
        if (Math.Max(imageLength, targetLength) * Math.Min(options.BatchSize, count) > Array.MaxLength)
            throw new ArgumentException($"A batch of {options.BatchSize} images is larger than an array can be.", nameof(options));
        (_count, _imageLength, _targetLength, _nameOf, _options) = (count, (int)imageLength, (int)targetLength, nameOf, options);
        _imagePool = options.Pool ?? new BatchBufferPool();
        _targetPool = targetPool;
        // Two images for every worker, and two batches at least.
        var ahead = ((2L * options.Workers) + options.BatchSize - 1) / options.BatchSize;
        _prefetch = options.Prefetch ?? Math.Max(2, (int)Math.Min(int.MaxValue, ahead));
    }

    /// <summary>Reads. Ending early, by cancellation or by leaving the loop, waits for the images that are being decoded.</summary>
    /// <param name="pass">What, in which order.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The batches; the consumer disposes each.</returns>
    /// <exception cref="ArkInputException">
    /// An image cannot be read (thrown when its batch is due), or with <see cref="BadImagePolicy.Skip"/> too few can for a single batch.
    /// </exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public async IAsyncEnumerable<LoadedBatch> ReadAsync(ReadingPass pass, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var open = new Queue<LoadedBatch>();
        using var work = new BlockingCollection<(LoadedBatch Batch, int Position)>();
        using var stop = new CancellationTokenSource();
        var workers = StartWorkers(work, pass.Write, stop.Token);
        var yielded = 0;
        try
        {
            var opened = pass.FirstBatch;
            for (var b = pass.FirstBatch; b < pass.BatchCount; b++)
            {
                for (; opened < pass.BatchCount && opened - b < _prefetch; opened++) open.Enqueue(Open(pass.Order, opened, work));
                if (opened == pass.BatchCount && !work.IsAddingCompleted) work.CompleteAdding();
                await open.Peek().Filled.WaitAsync(cancellationToken).ConfigureAwait(false);
                // The batch leaves the queue only now, so that a cancelled wait still gives its buffers back.
                var batch = open.Dequeue();
                if (!IsLeft(batch, pass.MinBatch)) continue;
                yielded++;
                yield return batch;
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await workers.ConfigureAwait(false);
            foreach (var batch in open) batch.Dispose();
        }

        // Of a pass that is gone on with, images were read before.
        if (yielded > 0 || pass.FirstBatch > 0 || pass.BatchCount == 0) yield break;
        var problem = pass.MinBatch == 1
            ? $"none of its {_count} images can be read"
            : $"no batch of its {_count} images has {pass.MinBatch} that can be read";
        throw new ArkInputException(_options.Source ?? "the dataset", null, problem, "See the reasons reported for each image.");
    }

    private LoadedBatch Open(int[] order, int number, BlockingCollection<(LoadedBatch Batch, int Position)> work)
    {
        var first = number * _options.BatchSize;
        var indices = order.AsSpan(first, Math.Min(_options.BatchSize, order.Length - first)).ToArray();
        // Always the length of a full batch, so that the short last one reuses buffers too.
        var full = Math.Min(_options.BatchSize, _count);
        var (images, targets) = (_imagePool.Rent(full * _imageLength), _targetPool.Rent(full * _targetLength));
        var batch = new LoadedBatch(number, indices, images, targets, _imagePool, _targetPool);
        for (var i = 0; i < indices.Length; i++) work.Add((batch, i), CancellationToken.None);
        return batch;
    }

    // Threads of their own: decoding blocks, and would starve the pool that the host's other work runs on.
    private Task StartWorkers(BlockingCollection<(LoadedBatch Batch, int Position)> work, SampleWriter write, CancellationToken stop)
    {
        var ended = new Task[Math.Min(_options.Workers, _count)];
        for (var w = 0; w < ended.Length; w++)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ended[w] = end.Task;
            var thread = new Thread(() =>
            {
                Work(work, write, stop);
                end.SetResult();
            })
            {
                IsBackground = true,
                Name = $"ark-loader-{w}",
            };
            thread.Start();
        }

        return Task.WhenAll(ended);
    }

    private void Work(BlockingCollection<(LoadedBatch Batch, int Position)> work, SampleWriter write, CancellationToken stop)
    {
        try
        {
            foreach (var (batch, position) in work.GetConsumingEnumerable(stop)) batch.Finish(position, Write(batch, position, write));
        }
        catch (OperationCanceledException)
        {
            // The reading has ended; what is left in the queue is not wanted any more.
        }
    }

    private Exception? Write(LoadedBatch batch, int position, SampleWriter write)
    {
        try
        {
            write(batch.Indices[position], batch.Images.AsSpan(position * _imageLength, _imageLength),
                batch.Targets.AsSpan(position * _targetLength, _targetLength));
            return null;
        }
        catch (Exception e)
        {
            // Nothing is swallowed: the consumer throws it when the batch is due. Thrown here it would end the process.
            return e;
        }
    }

    // Deals with failures; whether enough is left for a batch.
    private bool IsLeft(LoadedBatch batch, int smallest)
    {
        try
        {
            for (var i = 0; i < batch.Count; i++)
            {
                if (batch.FailureAt(i) is { } failure) Fail(batch.Indices[i], failure);
            }

            batch.CloseGaps(_imageLength, _targetLength);
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        if (batch.Count >= smallest) return true;
        batch.Dispose();
        return false;
    }

    private void Fail(int index, Exception failure)
    {
        if (failure is not ArkInputException bad) ExceptionDispatchInfo.Throw(failure);
        else if (_options.BadImages == BadImagePolicy.Stop) throw Listed(bad);
        else if (_reported.TryAdd(index, true)) _options.OnSkipped?.Invoke(new SkippedImage(index, _nameOf(index), bad.Message));
    }

    private ArkInputException Listed(ArkInputException bad) => _options.Source is null
        ? bad
        : new ArkInputException(bad.InputSource, bad.Place, $"{bad.Problem} (an image of '{_options.Source}')",
            bad.Hint ?? "Replace or remove it, or choose to skip bad images.", bad);
}

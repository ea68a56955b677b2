using System.Collections.Concurrent;
using System.Diagnostics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The large weights of a file on their way into an engine's order: each is read into memory that is used again for the next, so that a
/// model needs no memory besides the engine's. Touching memory for the first time is what loading spends most of its time on.
/// </summary>
/// <remarks>Rests on: the loader having compared the stored tensor's shape and type with the parameter's, whose shape the matrix was made
/// by.</remarks>
internal sealed class StreamedWeights
{
    // Below this, what is gained is not worth the parameter that stays empty.
    private const long WorthStreaming = 256 << 10;

    private readonly HashSet<nint> _packed = [];
    private readonly Dictionary<nint, StorageBytes> _stored = [];
    private readonly List<Waiting> _waiting = [];

    /// <summary>
    /// Learns which parameters the engine packs and nobody else reads: the weights of the linear layers of all blocks and of patch merging.
    /// Projector and heads are small, and explanations differentiate through them.
    /// </summary>
    public Func<Tensor, StorageBytes, bool> For(ArkModel model)
    {
        foreach (var (_, module) in model.Stages.SelectMany(stage => stage.named_modules()))
        {
            if (module is Linear layer) _packed.Add(layer.weight!.Handle);
        }

        return TakeOver;
    }

    /// <summary>Takes a parameter over from the loader, if it is one that the engine reads in an order of its own.</summary>
    /// <param name="parameter">The parameter, whose memory stays untouched.</param>
    /// <param name="bytes">Where its values are.</param>
    private bool TakeOver(Tensor parameter, StorageBytes bytes)
    {
        if (bytes.Length < WorthStreaming || !_packed.Contains(parameter.Handle)) return false;
        _stored.Add(parameter.Handle, bytes);
        return true;
    }

    /// <summary>Notes where a parameter's values shall go; <see langword="false"/> where the parameter holds them itself.</summary>
    public bool Defer(Tensor parameter, PackedMatrix matrix, int scaledColumns, float scale)
    {
        if (!_stored.Remove(parameter.Handle, out var bytes)) return false;
        _waiting.Add(new Waiting(bytes, matrix, scaledColumns, scale));
        return true;
    }

    /// <summary>Reads and packs all that waits, on all cores.</summary>
    /// <exception cref="CheckpointException">The file ends early.</exception>
    public void Fill()
    {
        // A new kind of layer has to be packed, or left to the loader.
        if (_stored.Count > 0) throw new InvalidOperationException($"{_stored.Count} weights were taken over that nobody has asked for.");
        var buffers = new ConcurrentBag<NativeBuffer>();
        try
        {
            // Large ones first, so that no thread is left with one at the end.
            ParallelReading.ForEach(_waiting.OrderByDescending(w => w.Bytes.Length).ToList(), w => w.Bytes.Length, w =>
            {
                if (!buffers.TryTake(out var buffer)) buffer = new NativeBuffer();
                try
                {
                    Fill(w, buffer);
                }
                finally
                {
                    buffers.Add(buffer);
                }
            });
        }
        finally
        {
            foreach (var buffer in buffers) buffer.Dispose();
        }
    }

    private static unsafe void Fill(Waiting waiting, NativeBuffer buffer)
    {
        Debug.Assert(
            waiting.Bytes.Length == (long)waiting.Matrix.Columns * waiting.Matrix.Depth * sizeof(float), "The file has the whole matrix.");
        buffer.Reserve(waiting.Bytes.Length, clear: false);
        Debug.Assert(buffer.Holds(waiting.Matrix.Columns, waiting.Matrix.Depth), "The buffer has room for it.");
        waiting.Bytes.CopyTo((byte*)buffer.Pointer, ScalarType.Float32);
        for (var panel = 0; panel < waiting.Matrix.Panels; panel++)
            waiting.Matrix.Fill(buffer.Floats, panel, waiting.ScaledColumns, waiting.Scale);
    }

    private sealed record Waiting(StorageBytes Bytes, PackedMatrix Matrix, int ScaledColumns, float Scale);
}

using System.Diagnostics;

namespace Ark.Models;

/// <summary>
/// What the kernels of a training step share: the memory that they work in, which is kept and grows on demand, and the steps that layers of
/// every kind take. Not thread-safe: one piece of the network is computed at a time.
/// </summary>
/// <remarks>Rests on: whoever computes a piece reserving what the piece takes, and keeping its tensors alive.</remarks>
/// <param name="threads">On how many threads to compute.</param>
internal sealed unsafe class StepWork(int threads) : IDisposable
{
    /// <summary>Rows that one thread takes at a time.</summary>
    public const int RowsOfPiece = 32;

    /// <summary>Rows past the last for which there is room: products read whole tiles.</summary>
    public const int SlackRows = 16;

    /// <summary>Numbers of the rows that go through a piece together, so that they stay in the caches.</summary>
    public const int BatchSize = 400_000;

    /// <summary>Parts that sum the gradients of a norm by themselves, whatever the threads are.</summary>
    private const int Parts = 16;

    private readonly NativeBuffer _turned = new();
    private readonly NativeBuffer _parts = new();
    private readonly NativeBuffer[] _scratch = [.. Enumerable.Range(0, threads).Select(_ => new NativeBuffer())];

    /// <summary>Set to have the time taken.</summary>
    public PassProfile? Profile { get; set; }

    /// <summary>Rows as a layer takes them, or as the gradient of its weight does.</summary>
    public NativeBuffer Normed { get; } = new();

    /// <summary>Rows of queries, keys and values, or of patches.</summary>
    public NativeBuffer Qkv { get; } = new();

    /// <summary>What attention gave, or the gradient with respect to it.</summary>
    public NativeBuffer Attended { get; } = new();

    /// <summary>What GELU gave, or tokens that are joined.</summary>
    public NativeBuffer Hidden { get; } = new();

    /// <summary>The gradient with respect to a branch.</summary>
    public NativeBuffer Gradient { get; } = new();

    /// <summary>The gradient with respect to a wide layer's output or input.</summary>
    public NativeBuffer Wide { get; } = new();

    /// <summary>The gradients of attention's bias, group by group.</summary>
    public NativeBuffer Biases { get; } = new();

    /// <summary>Runs a function on all threads.</summary>
    public void Run(Action<WorkerTeam.Worker> body) => WorkerTeam.Shared.Run(threads, worker =>
    {
        if (worker.Index == 0) Profile?.Begin();
        body(worker);
    });

    /// <summary>A thread's own memory, as large as <see cref="ReserveScratch"/> was told.</summary>
    public NativeBuffer ScratchOf(WorkerTeam.Worker worker) => _scratch[worker.Index];

    /// <summary>Makes room for so many numbers of each thread; for a layer's product in any case.</summary>
    public void ReserveScratch(int numbers)
    {
        foreach (var buffer in _scratch) buffer.Reserve(Math.Max(LinearLayer.ScratchSize, numbers) * sizeof(float));
    }

    /// <summary>Makes room for the gradients of weights and norms.</summary>
    /// <param name="rows">Rows that go together, those past the last included.</param>
    /// <param name="outputs">The most outputs of a layer.</param>
    /// <param name="channels">The most channels of a norm.</param>
    /// <param name="bf16">Whether the factors of weights' gradients are rounded to bfloat16.</param>
    public void ReserveGradients(long rows, int outputs, int channels, bool bf16)
    {
        if (bf16) _turned.Reserve(rows * outputs * sizeof(ushort));
        _parts.Reserve(2L * Parts * channels * sizeof(float));
    }

    /// <summary>Ends a phase, and has its time taken.</summary>
    public void Meet(WorkerTeam.Worker worker, string work, double flops = 0)
    {
        worker.Meet();
        if (worker.Index == 0) Profile?.End(work, flops);
    }

    /// <summary>The gradients of a layer's weight and bias; the threads meet before and after.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="outputGradient">Rows of the type that <paramref name="input"/> says.</param>
    /// <param name="outputs">Their numbers.</param>
    /// <param name="input">What the layer took.</param>
    /// <param name="inputs">Its numbers.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="gradient">What is added to, or written.</param>
    /// <param name="further">Whether other rows have been added before.</param>
    public void AddWeightGradient(
        WorkerTeam.Worker worker, NativeRegion outputGradient, int outputs, InputRows input, int inputs, int rows, LayerGradients gradient,
        bool further)
    {
        Debug.Assert(outputGradient.Holds(rows, outputs, input.ElementSize), "Every row has its place.");
        if (input.IsBf16)
        {
            Debug.Assert(_turned.Holds(outputs, input.Depth, sizeof(ushort)), "There is room for it on its side.");
            var turned = (ushort*)_turned.Pointer;
            Bf16WeightGradient.Transpose(worker, (ushort*)outputGradient.Pointer, rows, outputs, input.Depth, turned);
            Meet(worker, "backward: turning");
            new Bf16WeightGradient(
                turned, outputs, (ushort*)input.Memory, inputs, input.Depth, gradient.Weight.Floats, gradient.Bias.Floats,
                gradient.Adds || further).Run(worker);
        }
        else
        {
            new WeightGradient(
                outputGradient.Floats, outputs, (float*)input.Memory, inputs, rows, gradient.Weight.Floats, gradient.Bias.Floats,
                gradient.Adds || further).Run(worker);
        }

        Meet(worker, "backward: weights", 2.0 * rows * inputs * outputs);
    }

    /// <summary>The gradient with respect to a layer's input, and where GELU came before it, with respect to that of GELU.</summary>
    public void Multiply(
        WorkerTeam.Worker worker, PackedMatrix weights, NativeRegion input, int inputs, int rows, NativeRegion output, int outputs,
        NativeRegion beforeGelu = default)
    {
        var finish = beforeGelu.IsNone ? Finish.Bias : Finish.GeluSlope;
        new LinearLayer(weights, finish, input, inputs, rows, output, outputs, weights.IsBf16 && !beforeGelu.IsNone, default)
        {
            BeforeGelu = beforeGelu,
        }.Run(worker, ScratchOf(worker));
        Meet(worker, "backward: inputs", 2.0 * rows * inputs * outputs);
    }

    /// <summary>The gradients with respect to a norm's input, factors and offsets; the threads meet after it.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="input">What the norm took, in <paramref name="order"/>.</param>
    /// <param name="weight">Its factors.</param>
    /// <param name="outputGradient">The gradient with respect to what it gave, row by row.</param>
    /// <param name="addTo">What is added to the gradient with respect to its input, in <paramref name="order"/>; or none.</param>
    /// <param name="inputGradient">Receives the sum, in <paramref name="order"/>; may be what goes in.</param>
    /// <param name="channels">Numbers of a row.</param>
    /// <param name="order">Where the rows stand.</param>
    /// <param name="rows">How many.</param>
    /// <param name="gradient">The gradients of factors and offsets.</param>
    public void BackThroughNorm(
        WorkerTeam.Worker worker, NativeRegion input, float* weight, NativeRegion outputGradient, NativeRegion addTo,
        NativeRegion inputGradient, int channels, TokenOrder order, int rows, LayerGradients gradient)
    {
        Debug.Assert(
            input.Holds(order.End(rows), channels) && (addTo.IsNone || addTo.Holds(order.End(rows), channels))
            && inputGradient.Holds(order.End(rows), channels) && outputGradient.Holds(rows, channels) && _parts.Holds(2 * Parts, channels),
            "Every row has its place.");
        for (var part = worker.Next(); part < Parts; part = worker.Next())
        {
            var sums = _parts.Floats + (2 * (nint)part * channels);
            new Span<float>(sums, 2 * channels).Clear();
            for (var r = rows * part / Parts; r < rows * (part + 1) / Parts; r++)
            {
                var place = order.TokenOf(r) * channels;
                NormGradient.Row(
                    input.Floats + place, outputGradient.Floats + ((nint)r * channels), weight, channels,
                    addTo.IsNone ? null : addTo.Floats + place, inputGradient.Floats + place, sums, sums + channels);
            }
        }

        Meet(worker, "backward: norms, gathering");
        if (worker.Index == 0)
        {
            for (var part = 0; part < Parts; part++)
            {
                var sums = _parts.Floats + (2 * (nint)part * channels);
                Elementwise.Add(gradient.Weight.Floats, sums, channels);
                Elementwise.Add(gradient.Bias.Floats, sums + channels, channels);
            }
        }

        Meet(worker, "backward: norms, gathering");
    }

    public void Dispose()
    {
        foreach (var part in (ReadOnlySpan<IDisposable>)
            [Normed, Qkv, Attended, Hidden, Gradient, Wide, Biases, _turned, _parts, .. _scratch])
            part.Dispose();
    }
}

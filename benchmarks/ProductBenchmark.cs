using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>
/// How fast one thread multiplies at the shapes of a network's linear layers: kernels on operands that are there, and whole layers, in
/// turn, in processor time.
/// </summary>
internal static unsafe class ProductBenchmark
{
    private const int Rounds = 15;
    private const int RowsTogether = 208;
    private const int Panel = 64;

    public static void Run(string model, int batch, TextWriter report)
    {
        report.WriteLine($"{model}, batch {batch}, one thread; 10^9 multiply-adds a second\n");
        report.WriteLine("| rows x depth x columns | oneDNN bf16 | oneDNN u8 s8 | .NET's AvxVnni, 256 bits | layer bf16 | layer int8 | "
            + "kernels, int8 / bf16 | AvxVnni / bf16 | layers, int8 / bf16 |");
        report.WriteLine("|---|---|---|---|---|---|---|---|---|");
        var backbone = SwinVariants.Get(model);
        for (var stage = 0; stage < backbone.StageCount; stage++)
        {
            var (height, width) = backbone.ResolutionOf(stage);
            var channels = backbone.ChannelsOf(stage);
            // As many as the engine computes with together.
            var rows = Math.Min(batch * height * width, 400_000 / channels);
            var hidden = (int)(channels * backbone.MlpRatio);
            foreach (var (depth, columns) in ((int, int)[])
                [(channels, 3 * channels), (channels, channels), (channels, hidden), (hidden, channels)])
                Compare(rows, depth, columns, report);
        }
    }

    private static void Compare(int rows, int depth, int columns, TextWriter report)
    {
        using var input = new NativeBuffer((long)(rows + 16) * depth * sizeof(float));
        using var weights = new NativeBuffer((long)depth * columns * sizeof(float));
        using var output = new NativeBuffer((long)(rows + 16) * columns * sizeof(float));
        using var factors = new NativeBuffer((long)(rows + 16) * Int8Rows.Factors * sizeof(float));
        using var scratch = new NativeBuffer(LinearLayer.ScratchSize * sizeof(float));
        using var weight = randn([columns, depth]);
        using var half = PackedMatrix.Create(weight, null, [columns, depth], null, InferencePrecision.Bf16);
        using var integer = PackedMatrix.Create(weight, null, [columns, depth], null, InferencePrecision.Int8);
        using var mixed = randn([rows, depth]);
        fixed (byte* numbers = mixed.bytes)
        {
            for (var r = 0; r < rows; r++)
                Int8Rows.Round(
                    (float*)numbers + ((nint)r * depth), depth, (byte*)input.Pointer + ((nint)r * depth),
                    factors.Floats + (r * Int8Rows.Factors));
        }

        var a = (byte*)input.Pointer;
        var b = (byte*)weights.Pointer;
        var sums = scratch.Floats;
        Action<WorkerTeam.Worker>[] contestants =
        [
            _ => Blocks(rows, depth, columns, Panel, sizeof(ushort), (row, column, deep, first, count) => Bf16Kernel.Multiply(
                (ushort*)a + (row * depth) + first, depth, (ushort*)b + (column * depth) + (first * Panel), Panel, sums, Panel, count, deep,
                Panel, first > 0)),
            _ => Blocks(rows, depth, columns, Panel, sizeof(byte), (row, column, deep, first, count) => Int8Kernel.Multiply(
                a + (row * depth) + first, depth, (sbyte*)b + (column * depth) + (first * Panel), Panel, (int*)sums, Panel, count, deep,
                Panel, first > 0)),
            _ => Blocks(rows, depth, columns, 16, sizeof(byte), (row, column, deep, first, count) =>
            {
                for (nint r = 0; r < count; r += 6)
                    Multiply256(
                        a + ((row + r) * depth) + first, depth, (sbyte*)b + (column * depth) + (first * 16), (int*)sums + (r * 16), deep);
            }),
            worker => Layer(worker, half),
            worker => Layer(worker, integer),
        ];
        var times = contestants.Select(_ => new List<double>()).ToList();
        WorkerTeam.Shared.Run(1, worker =>
        {
            for (var round = -1; round < Rounds; round++)
            {
                for (var i = 0; i < contestants.Length; i++)
                {
                    var start = PassProfile.Now();
                    contestants[i](worker);
                    if (round >= 0) times[i].Add(PassProfile.Now() - start);
                }
            }
        });

        // The quicker third: other processes only ever add.
        var best = times.Select(t => t.Order().ElementAt(Rounds / 6)).ToList();
        string Rate(int i) => ((double)rows * depth * columns / best[i] / 1e9).ToString("F0", CultureInfo.InvariantCulture);
        report.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {rows} x {depth} x {columns} | {Rate(0)} | {Rate(1)} | {Rate(2)} | {Rate(3)} | {Rate(4)} | {best[0] / best[1]:F2} | "
                + $"{best[0] / best[2]:F2} | {best[3] / best[4]:F2} |"));

        void Layer(WorkerTeam.Worker worker, PackedMatrix matrix)
        {
            new LinearLayer(matrix, Finish.Bias, input, depth, rows, output, columns, outputIsBf16: false, default)
            {
                RowFactors = matrix.IsInt8 ? factors : default(NativeRegion),
            }.Run(worker, scratch);
            worker.Meet();
        }
    }

    private delegate void Block(nint row, nint column, nint deep, nint first, int count);

    /// <summary>The blocks of a layer, whose operands stay in the caches.</summary>
    private static void Blocks(int rows, int depth, int columns, int panel, int size, Block run)
    {
        var step = 2048 / size;
        for (var row = 0; row < rows; row += RowsTogether)
        {
            for (var first = 0; first < depth; first += step)
            {
                for (var column = 0; column < columns; column += panel)
                    run(row, column, Math.Min(step, depth - first), first, Math.Min(RowsTogether, rows - row));
            }
        }
    }

    /// <summary>Six rows times 16 columns: what the 16 registers hold that .NET's instructions of 256 bits reach.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply256(byte* a, nint lda, sbyte* b, int* c, nint depth)
    {
        Vector256<int> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<int> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (nint k = 0; k < depth; k += 4, b += 64)
        {
            var (b0, b1) = (Vector256.Load(b), Vector256.Load(b + 32));
            var x = Four(a + k);
            (c00, c01) = (AvxVnni.MultiplyWideningAndAdd(c00, x, b0), AvxVnni.MultiplyWideningAndAdd(c01, x, b1));
            x = Four(a + lda + k);
            (c10, c11) = (AvxVnni.MultiplyWideningAndAdd(c10, x, b0), AvxVnni.MultiplyWideningAndAdd(c11, x, b1));
            x = Four(a + (2 * lda) + k);
            (c20, c21) = (AvxVnni.MultiplyWideningAndAdd(c20, x, b0), AvxVnni.MultiplyWideningAndAdd(c21, x, b1));
            x = Four(a + (3 * lda) + k);
            (c30, c31) = (AvxVnni.MultiplyWideningAndAdd(c30, x, b0), AvxVnni.MultiplyWideningAndAdd(c31, x, b1));
            x = Four(a + (4 * lda) + k);
            (c40, c41) = (AvxVnni.MultiplyWideningAndAdd(c40, x, b0), AvxVnni.MultiplyWideningAndAdd(c41, x, b1));
            x = Four(a + (5 * lda) + k);
            (c50, c51) = (AvxVnni.MultiplyWideningAndAdd(c50, x, b0), AvxVnni.MultiplyWideningAndAdd(c51, x, b1));
        }

        Put(c, c00, c01);
        Put(c + 16, c10, c11);
        Put(c + 32, c20, c21);
        Put(c + 48, c30, c31);
        Put(c + 64, c40, c41);
        Put(c + 80, c50, c51);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Four(byte* a) => Vector256.Create(*(int*)a).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(int* c, Vector256<int> left, Vector256<int> right)
    {
        left.Store(c);
        right.Store(c + 8);
    }
}

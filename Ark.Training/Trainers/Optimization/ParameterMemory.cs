using System.Diagnostics;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// Updates many parameters in one go, on the engine's threads, so that each number is read and written once in a step. What is summed is
/// summed in pieces that do not depend on the threads.
/// </summary>
/// <remarks>Rests on: <see cref="Holds"/>, which callers ask of every tensor, tensors of a parameter having its shape, and the caller
/// keeping them alive.</remarks>
internal static unsafe class ParameterMemory
{
    /// <summary>Numbers of a piece.</summary>
    private const int PieceSize = 1 << 15;

    /// <summary>Whether a tensor's numbers can be reached: dense, in single precision on the CPU.</summary>
    public static bool Holds(Tensor tensor) => tensor.dtype == ScalarType.Float32 && TensorMemory.IsDense(tensor);

    /// <summary>A step of SGD; see <see cref="UpdateKernel.Sgd"/>.</summary>
    /// <param name="parameters">The parameters, which move.</param>
    /// <param name="gradients">A gradient for each.</param>
    /// <param name="buffers">A momentum buffer for each.</param>
    /// <param name="decayAndRate">Weight decay and learning rate of each.</param>
    /// <param name="momentum">The momentum.</param>
    /// <param name="nesterov">Whether Nesterov's.</param>
    public static void Sgd(
        Tensor[] parameters, Tensor[] gradients, Tensor[] buffers, (float Decay, float Rate)[] decayAndRate, float momentum, bool nesterov)
    {
        var (at, gradientAt, bufferAt) = (Addresses(parameters), Addresses(gradients, parameters), Addresses(buffers, parameters));
        ForEachPiece(parameters, (i, first, count) => UpdateKernel.Sgd(
            (float*)at[i] + first, (float*)gradientAt[i] + first, (float*)bufferAt[i] + first, count, decayAndRate[i].Decay, momentum,
            decayAndRate[i].Rate, nesterov));
    }

    /// <summary>A step of AdamW; see <see cref="UpdateKernel.AdamW"/>.</summary>
    /// <param name="parameters">The parameters, which move.</param>
    /// <param name="gradients">A gradient for each.</param>
    /// <param name="means">A mean gradient for each.</param>
    /// <param name="squares">A mean squared gradient for each.</param>
    /// <param name="factors">The step's factors of each.</param>
    public static void AdamW(Tensor[] parameters, Tensor[] gradients, Tensor[] means, Tensor[] squares, AdamFactors[] factors)
    {
        var (at, gradientAt) = (Addresses(parameters), Addresses(gradients, parameters));
        var (meanAt, squareAt) = (Addresses(means, parameters), Addresses(squares, parameters));
        ForEachPiece(parameters, (i, first, count) => UpdateKernel.AdamW(
            (float*)at[i] + first, (float*)gradientAt[i] + first, (float*)meanAt[i] + first, (float*)squareAt[i] + first, count,
            factors[i]));
    }

    /// <summary>A moving average; see <see cref="UpdateKernel.Follow"/>.</summary>
    /// <param name="followers">Move.</param>
    /// <param name="followed">Are followed, one by each.</param>
    /// <param name="momentum">What is kept of the followers.</param>
    public static void Follow(Tensor[] followers, Tensor[] followed, double momentum)
    {
        var (at, followedAt) = (Addresses(followers), Addresses(followed, followers));
        ForEachPiece(followers, (i, first, count) => UpdateKernel.Follow(
            (float*)at[i] + first, (float*)followedAt[i] + first, count, (float)momentum, (float)(1 - momentum)));
    }

    /// <summary>The sum of the squares of all numbers.</summary>
    public static double SquareSum(Tensor[] tensors)
    {
        var at = Addresses(tensors);
        var sums = new double[Pieces(tensors).Count];
        ForEachPiece(
            tensors, (i, first, count) => UpdateKernel.SquareSum((float*)at[i] + first, count), (piece, sum) => sums[piece] = sum);
        return sums.Sum();
    }

    private static void ForEachPiece(Tensor[] tensors, Action<int, nint, int> update) =>
        ForEachPiece(
            tensors,
            (i, first, count) =>
            {
                update(i, first, count);
                return 0;
            },
            static (_, _) => { });

    private static void ForEachPiece(Tensor[] tensors, Func<int, nint, int, double> work, Action<int, double> take)
    {
        var pieces = Pieces(tensors);
        WorkerTeam.Shared.Run(get_num_threads(), worker =>
        {
            for (var i = worker.Next(); i < pieces.Count; i = worker.Next())
                take(i, work(pieces[i].Tensor, pieces[i].First, pieces[i].Count));
        });
    }

    private static nint[] Addresses(Tensor[] tensors, Tensor[]? like = null)
    {
        Debug.Assert(
            Array.TrueForAll(tensors, Holds) && (like is null || tensors.Zip(like).All(t => t.First.numel() == t.Second.numel())),
            "Tensors are dense, and as large as those that they belong to.");
        return Array.ConvertAll(tensors, t => (nint)TensorMemory.AddressOf(t));
    }

    private static List<(int Tensor, nint First, int Count)> Pieces(Tensor[] tensors)
    {
        var pieces = new List<(int, nint, int)>();
        for (var t = 0; t < tensors.Length; t++)
        {
            var count = tensors[t].numel();
            for (var first = 0L; first < count; first += PieceSize)
                pieces.Add((t, (nint)first, (int)Math.Min(PieceSize, count - first)));
        }

        return pieces;
    }
}

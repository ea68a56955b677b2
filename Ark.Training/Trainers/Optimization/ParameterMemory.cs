using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// Walks through the numbers of many tensors in one go, on the engine's threads, so that each is read and written once in a step. What is
/// summed is summed in pieces that do not depend on the threads.
/// </summary>
internal static unsafe class ParameterMemory
{
    /// <summary>Numbers of a piece.</summary>
    private const int PieceSize = 1 << 15;

    /// <summary>Whether a tensor's numbers can be reached: dense, in single precision on the CPU.</summary>
    public static bool Holds(Tensor tensor) => tensor.dtype == ScalarType.Float32 && TensorMemory.IsDense(tensor);

    /// <summary>Calls a function for pieces of all tensors.</summary>
    /// <param name="tensors">Tensors of <see cref="Holds"/>; the caller keeps them alive.</param>
    /// <param name="piece">Gets the number of the tensor, where in it the piece begins, and how long it is; runs on several threads.</param>
    public static void ForEachPiece(IReadOnlyList<Tensor> tensors, Action<int, nint, int> piece)
    {
        var pieces = Pieces(tensors);
        WorkerTeam.Shared.Run(get_num_threads(), worker =>
        {
            for (var i = worker.Next(); i < pieces.Count; i = worker.Next())
                piece(pieces[i].Tensor, pieces[i].First, pieces[i].Count);
        });
    }

    /// <summary>The sum of the squares of all numbers of tensors.</summary>
    public static double SquareSum(IReadOnlyList<Tensor> tensors)
    {
        var pieces = Pieces(tensors);
        var addresses = tensors.Select(t => (nint)Address(t)).ToArray();
        var sums = new double[pieces.Count];
        WorkerTeam.Shared.Run(get_num_threads(), worker =>
        {
            for (var i = worker.Next(); i < pieces.Count; i = worker.Next())
                sums[i] = UpdateKernel.SquareSum((float*)addresses[pieces[i].Tensor] + pieces[i].First, pieces[i].Count);
        });
        return sums.Sum();
    }

    /// <summary>The address of a tensor's first number.</summary>
    public static float* Address(Tensor tensor) => (float*)TensorMemory.AddressOf(tensor);

    private static List<(int Tensor, nint First, int Count)> Pieces(IReadOnlyList<Tensor> tensors)
    {
        var pieces = new List<(int, nint, int)>();
        for (var t = 0; t < tensors.Count; t++)
        {
            var count = tensors[t].numel();
            for (var first = 0L; first < count; first += PieceSize)
                pieces.Add((t, (nint)first, (int)Math.Min(PieceSize, count - first)));
        }

        return pieces;
    }
}

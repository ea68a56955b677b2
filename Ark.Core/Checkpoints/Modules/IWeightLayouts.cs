using static TorchSharp.torch;

namespace Ark;

/// <summary>A module whose weights are published under several names and in several sizes.</summary>
internal interface IWeightLayouts
{
    /// <summary>How the module's networks are found in a file; <see langword="null"/> to take the file's names as they are.</summary>
    INetworkNames? Networks { get; }

    /// <summary>The module's names of the tensors of a file, by the file's names, where the two differ.</summary>
    /// <param name="shapes">The sizes of the file's tensors by name.</param>
    IReadOnlyDictionary<string, string> Rename(IReadOnlyDictionary<string, long[]> shapes);

    /// <summary>Whether a tensor can be made from one of another size.</summary>
    /// <param name="name">The tensor, as the module has it.</param>
    /// <param name="from">Its size in the file.</param>
    /// <param name="to">Its size in the module.</param>
    bool CanResize(string name, ReadOnlySpan<long> from, ReadOnlySpan<long> to);

    /// <summary>Makes the tensor; called only where <see cref="CanResize"/> holds. The caller owns the result.</summary>
    Tensor Resize(string name, Tensor stored, ReadOnlySpan<long> to);

    /// <summary>
    /// What model a file seems to hold, as words that follow "it seems to hold"; <see langword="null"/> where that is not known.
    /// </summary>
    /// <param name="shapes">The sizes of the file's tensors by name.</param>
    string? Describe(IReadOnlyDictionary<string, long[]> shapes);
}

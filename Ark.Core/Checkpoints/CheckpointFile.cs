using static TorchSharp.torch;

namespace Ark;

/// <summary>Weight files of every supported format; which one it is, is told by the content.</summary>
public static class CheckpointFile
{
    /// <summary>Lists what a file holds. Reads its index and no tensor, so it is fast whatever the file's size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it; <see langword="null"/> for the defaults.</param>
    /// <returns>The index.</returns>
    /// <exception cref="CheckpointException">The file is missing, damaged, of an unknown format, asks for what is not allowed, or holds no
    /// tensors.</exception>
    public static CheckpointIndex ReadIndex(string path, PyTorchLoadOptions? options = null)
    {
        using var reader = CheckpointReader.Open(path, options);
        if (reader.Tensors.Count == 0) throw new CheckpointException(path, null, "holds no tensors");
        return new CheckpointIndex(reader);
    }

    /// <summary>Reads one state dict of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="nestedKey">
    /// Where it is in the file, like <c>teacher</c>; dots lead further down. <see langword="null"/> takes the top level where the tensors
    /// are there, else the first that is there of <c>teacher</c>, moving averages (<c>state_dict_ema</c>, <c>model_ema</c>),
    /// <c>state_dict</c>, <c>model</c>, <c>model_state_dict</c>, <c>net</c>, …, <c>student</c>, else the only dictionary of tensors. Who
    /// loads into a network prefers what is recognized.
    /// </param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <returns>Tensors by name, without what training frameworks put before all names; the caller owns them.</returns>
    /// <exception cref="CheckpointException">The file cannot be read, or there is no state dict.</exception>
    public static Dictionary<string, Tensor> LoadStateDict(string path, string? nestedKey = null, PyTorchLoadOptions? options = null)
    {
        using var reader = CheckpointReader.Open(path, options);
        var chosen = StateDictChoice.Choose(reader, nestedKey, networks: null);
        using var assembler = new TensorAssembler(path);
        assembler.ReadStorages(chosen.Tensors.Values);
        var result = chosen.Tensors.ToDictionary(t => t.Key, t => assembler.Assemble(t.Value), StringComparer.Ordinal);
        assembler.Release();
        return result;
    }
}

using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// Loads and saves a module's weights, under the names that users of TorchSharp.PyBridge know. Loading never runs code from a file, and
/// either changes the module as the returned report says, or throws and leaves it as it was.
/// </summary>
public static class ModuleCheckpointExtensions
{
    /// <summary>Loads a file of PyTorch's <c>torch.save</c>.</summary>
    /// <param name="module">The module whose parameters and buffers are overwritten.</param>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether to refuse a file that does not fit wholly, harmless differences apart.</param>
    /// <param name="skip">Names, as in the module, to leave alone.</param>
    /// <param name="loadedParameters">Is told for each name of the module whether it was loaded.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <returns>What became of every tensor.</returns>
    /// <exception cref="CheckpointException">The file cannot be read or does not fit; also, whatever <paramref name="strict"/> says, when
    /// next to nothing fits.</exception>
    public static LoadReport load_py(
        this nn.Module module, string path, bool strict = true, IList<string>? skip = null,
        Dictionary<string, bool>? loadedParameters = null,
        string? nestedKey = null, PyTorchLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        using var reader = CheckpointReader.Open(path, options);
        if (reader.Format == CheckpointFormat.Safetensors)
            throw new CheckpointException(
                path, null, "is a safetensors file, not one of PyTorch", "Load it with load_safetensors or load_checkpoint.");
        return StateDictLoader.Load(module, reader, nestedKey, strict, skip, loadedParameters);
    }

    /// <summary>Loads a safetensors file.</summary>
    /// <param name="module">The module whose parameters and buffers are overwritten.</param>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether to refuse a file that does not fit wholly, harmless differences apart.</param>
    /// <param name="skip">Names, as in the module, to leave alone.</param>
    /// <param name="loadedParameters">Is told for each name of the module whether it was loaded.</param>
    /// <returns>What became of every tensor.</returns>
    /// <exception cref="CheckpointException">The file cannot be read or does not fit; also, whatever <paramref name="strict"/> says, when
    /// next to nothing fits.</exception>
    public static LoadReport load_safetensors(
        this nn.Module module, string path, bool strict = true, IList<string>? skip = null,
        Dictionary<string, bool>? loadedParameters = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        using var reader = CheckpointReader.OpenSafetensors(path);
        return StateDictLoader.Load(module, reader, null, strict, skip, loadedParameters);
    }

    /// <summary>Loads a weight file of any supported format, told by its content.</summary>
    /// <param name="module">The module whose parameters and buffers are overwritten.</param>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether to refuse a file that does not fit wholly, harmless differences apart.</param>
    /// <param name="skip">Names, as in the module, to leave alone.</param>
    /// <param name="loadedParameters">Is told for each name of the module whether it was loaded.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <returns>What became of every tensor.</returns>
    /// <exception cref="CheckpointException">The file cannot be read or does not fit; also, whatever <paramref name="strict"/> says, when
    /// next to nothing fits.</exception>
    public static LoadReport load_checkpoint(
        this nn.Module module, string path, bool strict = true, IList<string>? skip = null,
        Dictionary<string, bool>? loadedParameters = null,
        string? nestedKey = null, PyTorchLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        using var reader = CheckpointReader.Open(path, options);
        return StateDictLoader.Load(module, reader, nestedKey, strict, skip, loadedParameters);
    }

    /// <summary>
    /// Writes the module's state dict as <c>torch.save(module.state_dict(), path)</c> would; <c>torch.load</c> reads it, also with
    /// <c>weights_only=True</c>.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="path">The file; replaced only when the new one is complete and on disk.</param>
    /// <exception cref="CheckpointException">The file cannot be written; the older one, if any, is unchanged.</exception>
    public static void save_py(this nn.Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        PyTorchFile.Save(path, module.state_dict());
    }

    /// <summary>Writes the module's state dict as safetensors.</summary>
    /// <param name="module">The module.</param>
    /// <param name="path">The file; replaced only when the new one is complete and on disk.</param>
    /// <param name="metadata">Texts to keep beside the tensors.</param>
    /// <exception cref="CheckpointException">The file cannot be written; the older one, if any, is unchanged.</exception>
    public static void save_safetensors(this nn.Module module, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        Safetensors.Save(path, module.state_dict(), metadata);
    }
}

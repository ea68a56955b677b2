using static TorchSharp.torch;

namespace Ark;

/// <summary>What came of reading every tensor of a file.</summary>
/// <param name="Bytes">Bytes of the storages that were read; what tensors share is counted once.</param>
/// <param name="Checksums">Storages whose checksum was compared; none in formats that have none.</param>
internal sealed record TensorVerification(long Bytes, int Checksums)
{
    /// <summary>Reads every tensor, one storage in memory at a time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>What was read.</returns>
    /// <exception cref="CheckpointException">The file is damaged, or a tensor holds numbers that are not finite.</exception>
    public static TensorVerification Run(string path, PyTorchLoadOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var reader = CheckpointReader.Open(path, options);
        var (bytes, checksums) = (0L, 0);
        foreach (var storage in reader.Tensors.GroupBy(t => t.Value.Storage))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var assembler = new TensorAssembler(path);
            foreach (var (name, stored) in storage)
            {
                var tensor = assembler.Assemble(stored).detach();
                if (tensor.is_floating_point() || tensor.is_complex()) RequireFinite(path, name, tensor);
            }

            bytes += storage.Key.ByteCount;
            if (storage.Key.Bytes!.HasChecksum) checksums++;
        }

        reader.VerifyRest();
        return new TensorVerification(bytes, checksums);
    }

    private static void RequireFinite(string path, string name, Tensor tensor)
    {
        var wrong = tensor.numel() - tensor.isfinite().sum().item<long>();
        if (wrong > 0)
            throw new CheckpointException(
                path,
                $"tensor '{name}'",
                $"holds {wrong} numbers that are not finite, of {tensor.numel()}",
                "Take an earlier checkpoint of the run that wrote it.");
    }
}

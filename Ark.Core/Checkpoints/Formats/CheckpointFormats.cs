using System.Buffers.Binary;
using System.Text;

namespace Ark;

/// <summary>Tells formats apart by their first bytes; file names say nothing reliable.</summary>
internal static class CheckpointFormats
{
    /// <summary>Reads the index of a file.</summary>
    /// <param name="file">The file, or a file inside a tar archive.</param>
    /// <param name="options">How to read it.</param>
    /// <param name="insideTar">Whether it lies in an archive already: archives inside archives are refused.</param>
    public static CheckpointContent Read(FileSlice file, PyTorchLoadOptions options, bool insideTar = false)
    {
        Span<byte> start = stackalloc byte[512];
        start = start[..file.ReadSome(0, start)];
        if (start.Length == 0) throw new CheckpointException(file.Path, null, "is empty (a size of 0 bytes): not a checkpoint");
        // First, because the length that begins such a file may look like another format's mark; no other has a brace there.
        if (start.Length >= 9 && BinaryPrimitives.ReadUInt64LittleEndian(start) <= (ulong)file.Length && start[8] == (byte)'{')
            return SafetensorsFormat.Read(file);
        if (start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8)) return PyTorchZip.Read(file, options);
        if (start[0] == 0x80) return PyTorchLegacy.Read(file, options);
        if (!insideTar && TarIndex.IsHeader(start)) return PyTorchTar.Read(file, options);
        throw new CheckpointException(file.Path, null, WhatElse(start), "PyTorch files (zip, legacy, tar) and safetensors are read.");
    }

    /// <summary>Reads the index of a file that is said to be safetensors.</summary>
    public static CheckpointContent ReadSafetensors(FileSlice file)
    {
        Span<byte> start = stackalloc byte[10];
        start = start[..file.ReadSome(0, start)];
        if (start.StartsWith("PK\x03\x04"u8) || (start.Length == 10 && start[0] == 0x80 && start[8] != (byte)'{'))
            throw new CheckpointException(
                file.Path,
                "header",
                "is a PyTorch file, not one of safetensors: invalid",
                "Load it with PyTorchFile.Load, load_py or load_checkpoint.");
        return SafetensorsFormat.Read(file);
    }

    private static string WhatElse(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8))
            return "is a Git LFS pointer, not the checkpoint itself: fetch it with 'git lfs pull'";
        if (start is [0x89, (byte)'H', (byte)'D', (byte)'F', ..]) return "is an HDF5 file, as Keras writes it, an unsupported format";
        if (start is [0x1f, 0x8b, ..]) return "is compressed with gzip, an unsupported format: expand it first";
        var text = Encoding.Latin1.GetString(start).TrimStart();
        return text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            ? "is an HTML page, not a checkpoint: the download went wrong"
            : "is of an unknown format: not a checkpoint, or its first bytes are corrupt or truncated";
    }
}

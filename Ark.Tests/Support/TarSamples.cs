using System.Buffers.Binary;
using System.Formats.Tar;
using System.Text;

namespace Ark.Tests;

/// <summary>Files that really are tar archives.</summary>
internal static class TarSamples
{
    /// <summary>
    /// PyTorch's first format, with two tensors on one storage: <c>w</c> [2, 3] of 0 to 5, and <c>t</c>, the last two of them.
    /// </summary>
    public static void WriteFirstFormat(string path)
    {
        using var storages = new MemoryStream();
        Pickle(storages, "K\x01.");
        Pickle(storages, "(K\aX\x03\0\0\0cpuctorch\nFloatStorage\nt.");
        Int64(storages, 6);
        for (var i = 0; i < 6; i++) storages.Write(BitConverter.GetBytes((float)i));
        Pickle(storages, "]((K\bK\aK\x04K\x02te.");
        using var tensors = new MemoryStream();
        Pickle(tensors, "K\x02.");
        Pickle(tensors, "(K\x14K\aNt.");
        Layout(tensors, [2, 3], [3, 1], 0);
        Pickle(tensors, "(K\x15K\bNt.");
        Layout(tensors, [2], [1], 0);
        using var pickle = new MemoryStream();
        Pickle(pickle, "}(X\x01\0\0\0wX\x02\0\0\0" + "20QX\x01\0\0\0tK\x15Qu.");
        using var file = File.Create(path);
        using var tar = new TarWriter(file, TarEntryFormat.Pax);
        foreach (var (name, content) in new[]
        {
            ("storages", storages),
            ("tensors", tensors),
            ("pickle", pickle),
            ("sys_info", new MemoryStream(Latin1("\x80\x02}.")))
        })
            Add(tar, name, content);
    }

    /// <summary>An archive around one file.</summary>
    public static void WriteWrapped(string path, byte[] content)
    {
        using var file = File.Create(path);
        using var tar = new TarWriter(file, TarEntryFormat.Ustar);
        Add(tar, "./model.pth", new MemoryStream(content), TarEntryFormat.Ustar);
    }

    private static void Add(TarWriter tar, string name, MemoryStream content, TarEntryFormat format = TarEntryFormat.Pax)
    {
        content.Position = 0;
        TarEntry entry = format == TarEntryFormat.Pax
            ? new PaxTarEntry(TarEntryType.RegularFile, name)
            : new UstarTarEntry(TarEntryType.RegularFile, name);
        entry.DataStream = content;
        tar.WriteEntry(entry);
    }

    private static void Layout(MemoryStream stream, long[] shape, long[] strides, long offset)
    {
        Int64(stream, shape.Length);
        foreach (var number in shape.Concat(strides).Append(offset)) Int64(stream, number);
    }

    private static void Pickle(MemoryStream stream, string opcodes) => stream.Write(Latin1("\x80\x02" + opcodes));

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    private static void Int64(MemoryStream stream, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        stream.Write(bytes);
    }
}

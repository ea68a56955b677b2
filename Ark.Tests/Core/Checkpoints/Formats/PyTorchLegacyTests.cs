using System.Buffers.Binary;
using System.Text;
using static TorchSharp.torch;

namespace Ark.Tests.Core;

/// <summary>Files before PyTorch 1.6 may name parts of a storage as storages of their own.</summary>
public class PyTorchLegacyTests
{
    private const int Elements = 1 << 20;

    [Fact]
    public void Parts_of_a_storage_share_its_memory_however_many_they_are()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        // A thousand parts of 4 MB each, in a file of 4 MB.
        File.WriteAllBytes(folder.PathOf("a.pth"), WithParts([.. Enumerable.Range(0, 1000).Select(i => (i % 7, Elements - 8))]));
        var tensors = CheckpointFile.LoadStateDict(folder.PathOf("a.pth"));
        Assert.Equal(1000, tensors.Count);
        var first = tensors["t0"];
        Assert.Equal([0f, 1, 2], first.narrow(0, 0, 3).data<float>().ToArray());
        Assert.Equal([5f, 6, 7], tensors["t5"].narrow(0, 0, 3).data<float>().ToArray());
        first.narrow(0, 5, 2).zero_();
        Assert.Equal([0f, 0, 7], tensors["t999"].narrow(0, 0, 3).data<float>().ToArray());
    }

    [Theory]
    [InlineData(-1, 4)]
    [InlineData(0, Elements + 1)]
    [InlineData(Elements - 2, 3)]
    public void A_part_that_leaves_its_storage_is_refused(int offset, int count)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.PathOf("a.pth"), WithParts([(offset, count)]));
        var error = Assert.Throws<CheckpointException>(() => PyTorchFile.Load(folder.PathOf("a.pth")));
        Assert.Contains("out of range", error.Message, StringComparison.Ordinal);
    }

    // A dictionary of tensors t0, t1, …, each the whole of one part of a storage that counts up from 0.
    private static byte[] WithParts(IReadOnlyList<(int Offset, int Count)> parts)
    {
        using var file = new MemoryStream();
        Opcodes.Pickle(file, "\u008A\u000A" + Encoding.Latin1.GetString([0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]));
        Opcodes.Pickle(file, "M\u00E9\u0003");
        Opcodes.Pickle(file, "}");
        var value = new StringBuilder("}(");
        for (var i = 0; i < parts.Count; i++)
        {
            var (offset, count) = parts[i];
            value.Append(Opcodes.Text($"t{i}")).Append("ctorch._utils\n_rebuild_tensor_v2\n((")
                .Append(Opcodes.Text("storage")).Append("ctorch\nFloatStorage\n").Append(Opcodes.Text("root")).Append(Opcodes.Text(
                    "cpu")).Append(Opcodes.Whole(Elements))
                .Append('(').Append(Opcodes.Text($"part{i}")).Append(Opcodes.Whole(offset)).Append(Opcodes.Whole(count)).Append("ttQ")
                .Append(Opcodes.Whole(0)).Append('(').Append(Opcodes.Whole(count)).Append("t(").Append(Opcodes.Whole(1)).Append(
                    "t\u0089ccollections\nOrderedDict\n)RtR");
        }

        Opcodes.Pickle(file, value.Append('u').ToString());
        Opcodes.Pickle(file, "](" + Opcodes.Text("root") + "e");
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, Elements);
        file.Write(number);
        for (var i = 0; i < Elements; i++) file.Write(BitConverter.GetBytes((float)i));
        return file.ToArray();
    }
}

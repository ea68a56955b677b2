using System.IO.Compression;
using System.Text;
using Ark.Inference;

namespace Ark.Tests.Inference;

/// <summary>Arrays are read in both orders that numpy writes.</summary>
public sealed class NpzEmbeddingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("False", "(2, 3)", new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("True", "(2, 3)", new float[] { 1, 4, 2, 5, 3, 6 })]
    [InlineData("False", "(2, 3, 2)", new float[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })]
    [InlineData("True", "(2, 3, 2)", new float[] { 1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12 })]
    public void Rows_are_the_same_in_either_order(string fortran, string shape, float[] stored)
    {
        var half = stored.Length / 2;
        var table = NpzEmbeddings.Read(Write(fortran, shape, stored));

        Assert.Equal((2, half), (table.Count, table.Width));
        Assert.Equal(Enumerable.Range(1, half).Select(i => (float)i), table.Rows[0]);
        Assert.Equal(Enumerable.Range(half + 1, half).Select(i => (float)i), table.Rows[1]);
    }

    [Fact]
    public void Rows_without_numbers_are_refused_however_many_the_header_claims()
    {
        var e = Assert.Throws<ArkInputException>(() => NpzEmbeddings.Read(Write("False", "(1000000000, 0)", [])));

        Assert.Contains("1000000000 rows without a byte in them", e.Message, StringComparison.Ordinal);
    }

    private string Write(string fortran, string shape, float[] values)
    {
        var path = _folder.PathOf("e.npz");
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        using var entry = zip.CreateEntry("embeddings.npy").Open();
        var header = $"{{'descr': '<f4', 'fortran_order': {fortran}, 'shape': {shape}, }}".PadRight(117) + "\n";
        entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header)]);
        foreach (var value in values) entry.Write(BitConverter.GetBytes(value));
        return path;
    }
}

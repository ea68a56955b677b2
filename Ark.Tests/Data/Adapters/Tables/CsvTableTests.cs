using System.IO.Compression;
using System.Text;
using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>Tables are read as spreadsheets and publishers write them.</summary>
public sealed class CsvTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("image;Edema;Mass, large\na.png;1;0\n")]
    [InlineData("image\tEdema\tMass, large\na.png\t1\t0\n")]
    [InlineData("sep=;\nimage;Edema;Mass, large\na.png;1;0\n")]
    [InlineData("image,Edema,\"Mass, large \"\na.png,1,0\n,,\n\n,,\n")]
    [InlineData("image,Edema,\"Mass, large\"\na.png,1,0,\n")]
    public void Separators_blank_rows_and_commas_at_the_end_are_recognized(string text) =>
        Assert.Equal([["a.png", "1", "0"]], Rows(text, "image", "Edema", "Mass, large"));

    [Fact]
    public void A_quote_within_a_field_is_a_character() =>
        Assert.Equal([["a.png", "14\" x 17\""]], Rows("image,Size\na.png,14\" x 17\"\n", "image", "Size"));

    [Theory]
    [InlineData("image,x\n\"a.png,1\n", "a quote is not closed")]
    [InlineData("image,x\n\"a\".png,1\n", "text follows a closing quote")]
    public void Quotes_that_open_a_field_must_close_it(string text, string problem)
    {
        var error = Assert.Throws<ArkInputException>(() => Rows(text, "image"));

        Assert.Contains($"line 2: is no valid CSV: {problem}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_column_is_told_with_the_header_and_what_separates_it()
    {
        var error = Assert.Throws<ArkInputException>(() => Rows("picture;Edema\na.png;1\n", "image"));

        Assert.Contains("separated by semicolons, are: picture, Edema", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_table_is_unpacked_and_one_that_is_cut_is_refused()
    {
        var packed = Packed(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i * 7919}.png,1\n").Prepend("image,x\n")));
        File.WriteAllBytes(_folder.PathOf("t.csv.gz"), packed);
        File.WriteAllBytes(_folder.PathOf("cut.csv.gz"), packed[..(packed.Length / 2)]);

        Assert.Equal(20_000, Count("t.csv.gz"));
        var error = Assert.Throws<ArkInputException>(() => Count("cut.csv.gz"));
        Assert.Contains("damaged or cut short", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_table_that_unpacks_to_any_size_is_refused()
    {
        File.WriteAllBytes(_folder.PathOf("bomb.csv.gz"), Packed(
            "image\n" + string.Concat(Enumerable.Repeat(new string('a', 1000) + "\n", 20_000))));

        var error = Assert.Throws<ArkInputException>(() => Count("bomb.csv.gz"));
        Assert.Contains("unpacks to more than", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Packed(string text)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return file.ToArray();
    }

    private int Count(string name)
    {
        using var table = CsvTable.Open(_folder.PathOf(name));
        var rows = 0;
        while (table.Read()) rows++;
        return rows;
    }

    private List<string[]> Rows(string text, params string[] columns)
    {
        using var table = CsvTable.Open(_folder.Write("t.csv", text));
        int[] found = [.. columns.Select(table.Column)];
        var rows = new List<string[]>();
        while (table.Read())
        {
            table.CheckRow();
            rows.Add([.. found.Select(c => table[c])]);
        }

        return rows;
    }
}

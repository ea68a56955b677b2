using System.Text.Json;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class PositionTablesTests
{
    private static readonly JsonElement Recorded = Reference.Json("position_tables", "bicubic.json");

    public static TheoryData<int> Biases => [.. Enumerable.Range(0, Recorded.GetProperty("bias").GetArrayLength())];

    public static TheoryData<int> Absolutes => [.. Enumerable.Range(0, Recorded.GetProperty("absolute").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Biases))]
    public void Bias_table_is_interpolated_as_PyTorch_does(int index)
    {
        using var scope = NewDisposeScope();
        var (from, to, values) = Case("bias", index);
        Assert.True(PositionTables.CanResize("layers.0.blocks.0.attn.relative_position_bias_table", from, to));
        AssertClose(values, PositionTables.ResizeBias(Table(from), to[0]), to);
    }

    [Theory]
    [MemberData(nameof(Absolutes))]
    public void Absolute_positions_are_interpolated_as_PyTorch_does(int index)
    {
        using var scope = NewDisposeScope();
        var (from, to, values) = Case("absolute", index);
        Assert.True(PositionTables.CanResize("absolute_pos_embed", from, [1, to[0] * to[1], from[2]]));
        AssertClose(values, PositionTables.ResizeAbsolute(Table(from), to[0], to[1]), [1, to[0] * to[1], from[2]]);
    }

    [Fact]
    public void A_table_of_the_same_size_stays_as_it_is_but_for_rounding()
    {
        using var scope = NewDisposeScope();
        var table = Table([169, 4]);
        Assert.True((PositionTables.ResizeBias(table, 169) - table).abs().max().item<float>() < 1e-6f);
    }

    [Theory]
    [InlineData("layers.0.blocks.0.attn.relative_position_bias_table", new long[] { 49, 4 }, new long[] { 169, 3 })]
    [InlineData("layers.0.blocks.0.attn.relative_position_bias_table", new long[] { 50, 4 }, new long[] { 169, 4 })]
    [InlineData("layers.0.blocks.0.attn.relative_position_bias_table", new long[] { 49 }, new long[] { 169 })]
    [InlineData("layers.0.blocks.0.attn.relative_position_index", new long[] { 16, 16 }, new long[] { 49, 49 })]
    [InlineData("absolute_pos_embed", new long[] { 1, 12, 4 }, new long[] { 1, 64, 4 })]
    [InlineData("absolute_pos_embed", new long[] { 2, 16, 4 }, new long[] { 2, 64, 4 })]
    [InlineData("norm.weight", new long[] { 1, 16, 4 }, new long[] { 1, 64, 4 })]
    public void Nothing_else_is_resized(string name, long[] from, long[] to) => Assert.False(PositionTables.CanResize(name, from, to));

    private static (long[] From, long[] To, float[] Values) Case(string kind, int index)
    {
        var record = Recorded.GetProperty(kind)[index];
        return (
            Numbers(record.GetProperty("from")),
            Numbers(record.GetProperty("to")),
            [.. record.GetProperty("values").EnumerateArray().Select(v => v.GetSingle())]);
    }

    private static long[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetInt64())];

    private static Tensor Table(long[] shape) =>
        tensor(
            Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => (float)((i * 37 % 101 / 101.0) - 0.5)).ToArray(),
            shape);

    private static void AssertClose(float[] expected, Tensor actual, long[] shape)
    {
        Assert.Equal(shape, actual.shape);
        Assert.All(expected.Zip(actual.data<float>()), pair => Assert.Equal(pair.First, pair.Second, 2e-6f));
    }
}

using Ark.Models;

namespace Ark.Tests.Models;

public unsafe class Int8KernelTests
{
    [Theory]
    [InlineData("ONEDNN_MAX_CPU_ISA", "AVX2_VNNI")]
    [InlineData("ONEDNN_MAX_CPU_ISA", "AVX512_CORE")]
    [InlineData("DNNL_MAX_CPU_ISA", "something new")]
    public void A_limit_on_oneDNN_below_VNNI_is_the_obstacle(string name, string value) =>
        Assert.Equal(
            $"{name} limits instructions to {value}", Int8Kernel.ObstacleOf(true, n => n == name ? value : null, () => true));

    [Theory]
    [InlineData(null)]
    [InlineData("AVX512_CORE_VNNI")]
    [InlineData("avx512_core_bf16")]
    public void No_limit_or_one_that_suffices_is_none(string? value) =>
        Assert.Null(Int8Kernel.ObstacleOf(true, n => n == "ONEDNN_MAX_CPU_ISA" ? value : null, () => true));

    [Fact]
    public void A_processor_without_the_instructions_and_another_libtorch_are_obstacles()
    {
        Assert.Contains("AVX512-VNNI", Int8Kernel.ObstacleOf(false, _ => null, () => true), StringComparison.Ordinal);
        Assert.Contains("libtorch", Int8Kernel.ObstacleOf(true, _ => null, () => false), StringComparison.Ordinal);
        Assert.Equal(Int8Kernel.IsSupported, Int8Kernel.Obstacle is null);
    }

    [Theory]
    [InlineData(8, 4, 16)]
    [InlineData(56, 132, 48)]
    [InlineData(104, 2048, 64)]
    public void Sums_are_exact_and_can_be_added_to(int rows, int depth, int columns)
    {
        Assert.SkipUnless(Int8Kernel.IsSupported, Int8Kernel.Obstacle ?? "");
        var random = new Random(depth);
        // The largest numbers of both kinds are among them.
        var a = Enumerable.Range(0, rows * depth).Select(i => i < depth ? byte.MaxValue : (byte)random.Next(256)).ToArray();
        var b = Enumerable.Range(0, depth * columns).Select(i => i % columns == 0 ? (sbyte)127 : (sbyte)random.Next(-127, 128)).ToArray();
        var fours = new sbyte[b.Length];
        for (var k = 0; k < depth; k++)
        {
            for (var j = 0; j < columns; j++) fours[(((k / 4) * columns) + j) * 4 + (k % 4)] = b[(k * columns) + j];
        }

        var sums = new int[rows * columns];
        fixed (byte* left = a)
        fixed (sbyte* right = fours)
        fixed (int* to = sums)
        {
            Int8Kernel.Multiply(left, depth, right, columns, to, columns, rows, depth, columns, add: false);
            Int8Kernel.Multiply(left, depth, right, columns, to, columns, rows, depth, columns, add: true);
        }

        var expected = Enumerable.Range(0, rows * columns).Select(i => 2 * Enumerable.Range(0, depth).Sum(
            k => a[(i / columns * depth) + k] * b[(k * columns) + (i % columns)]));
        Assert.Equal(expected, sums);
    }
}

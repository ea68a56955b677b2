using Ark.Models;

namespace Ark.Tests.Models;

public class Bf16KernelTests
{
    [Theory]
    [InlineData("ONEDNN_MAX_CPU_ISA", "SSE41")]
    [InlineData("ONEDNN_MAX_CPU_ISA", "AVX2")]
    [InlineData("ONEDNN_MAX_CPU_ISA", "AVX512_CORE")]
    [InlineData("ONEDNN_MAX_CPU_ISA", "avx512_core_vnni")]
    [InlineData("DNNL_MAX_CPU_ISA", "AVX2")]
    [InlineData("DNNL_MAX_CPU_ISA", "something new")]
    public void A_limit_on_oneDNN_below_bfloat16_is_the_obstacle(string name, string value)
    {
        var obstacle = Bf16Kernel.ObstacleOf(true, n => n == name ? value : null, () => true);
        Assert.Equal($"{name} limits instructions to {value}", obstacle);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("DEFAULT")]
    [InlineData("AVX512_CORE_BF16")]
    [InlineData("avx512_core_amx")]
    public void No_limit_or_one_that_suffices_is_none(string? value) =>
        Assert.Null(Bf16Kernel.ObstacleOf(true, n => n == "ONEDNN_MAX_CPU_ISA" ? value : null, () => true));

    [Fact]
    public void The_first_variable_wins_as_in_oneDNN() =>
        Assert.Null(Bf16Kernel.ObstacleOf(true, n => n == "ONEDNN_MAX_CPU_ISA" ? "AVX512_CORE_BF16" : "AVX2", () => true));

    [Fact]
    public void A_processor_without_the_instructions_and_another_libtorch_are_obstacles()
    {
        Assert.Contains("processor", Bf16Kernel.ObstacleOf(false, _ => null, () => true), StringComparison.Ordinal);
        Assert.Contains("libtorch", Bf16Kernel.ObstacleOf(true, _ => null, () => false), StringComparison.Ordinal);
        Assert.Equal(Bf16Kernel.IsSupported, Bf16Kernel.Obstacle is null);
    }

    [Fact]
    public void The_libtorch_of_the_package_is_the_one_whose_functions_are_known()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Functions are asked for on Linux alone.");
        NativeRuntime.Ensure();
        Assert.Equal(TorchSymbols.Version, TorchSymbols.LoadedVersion);
        Assert.NotEqual(0, TorchSymbols.Find("_ZN2at13globalContextEv"));
        Assert.Equal(0, TorchSymbols.Find("no such function"));
    }
}

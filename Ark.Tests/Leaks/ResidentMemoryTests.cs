using System.Globalization;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Leaks;

/// <summary>Measures the whole process, and so runs when no other test does.</summary>
[Collection(nameof(ResidentMemoryTests))]
public class ResidentMemoryTests
{
    [Fact]
    public void Ten_thousand_forwards_leave_the_resident_memory_flat()
    {
        using var model = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var images = rand(1, 3, 16, 16);
        using var off = no_grad();
        model.eval();
        Repeat(2_000);
        var before = Resident();
        Repeat(10_000);
        var growth = Resident() - before;
        // One leaked MLP activation of each forward, 4 KB, would be 40 MB.
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"growth: {growth >> 10} KiB"));
        Assert.True(growth < 16 << 20, $"Resident memory grew by {growth >> 20} MiB.");

        void Repeat(int times)
        {
            for (var i = 0; i < times; i++) model.forward(images, 0).Release();
        }
    }

    private static long Resident() =>
        long.Parse(File.ReadAllLines("/proc/self/status")
            .Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
}

[CollectionDefinition(nameof(ResidentMemoryTests), DisableParallelization = true)]
public sealed class ResidentMemoryCollection;

using Ark.Build;

namespace Ark.Tests.Core;

public class ElfVersionNeedsTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";

    private static byte[] PublishedLibrary() => File.ReadAllBytes(Path.Combine(
        Fixture.NuGetPackages, "torchsharp", typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3), "runtimes", "linux-x64",
        "native", "libLibTorchSharp.so"));

    [Fact]
    public void Weaken_changes_the_two_bytes_of_one_flag_in_the_published_library()
    {
        var before = PublishedLibrary();
        var after = (byte[])before.Clone();
        Assert.Equal(WeakenOutcome.Weakened, ElfVersionNeeds.Weaken(after, Version, Symbol));
        var changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
        var at = Assert.Single(changed);
        Assert.Equal(0x2, after[at] ^ before[at]);
    }

    [Fact]
    public void Weaken_does_nothing_when_the_mark_is_weak_already()
    {
        var library = PublishedLibrary();
        ElfVersionNeeds.Weaken(library, Version, Symbol);
        var once = (byte[])library.Clone();
        Assert.Equal(WeakenOutcome.AlreadyWeak, ElfVersionNeeds.Weaken(library, Version, Symbol));
        Assert.Equal(once, library);
    }

    [Fact]
    public void Weaken_does_nothing_when_the_version_is_not_asked_for()
    {
        var library = PublishedLibrary();
        var before = (byte[])library.Clone();
        Assert.Equal(WeakenOutcome.NotRequired, ElfVersionNeeds.Weaken(library, "GLIBCXX_9.9.9", Symbol));
        Assert.Equal(before, library);
    }

    [Fact]
    public void Weaken_refuses_when_other_symbols_need_the_version()
    {
        var library = PublishedLibrary();
        var before = (byte[])library.Clone();
        Assert.Equal(WeakenOutcome.NeededByOtherSymbols, ElfVersionNeeds.Weaken(library, "GLIBCXX_3.4", Symbol));
        Assert.Equal(before, library);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(5000)]
    public void Weaken_throws_InvalidData_when_the_file_is_cut_short(int length)
    {
        var cut = PublishedLibrary()[..length];
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Weaken(cut, Version, Symbol));
    }

    [Fact]
    public void Weaken_throws_InvalidData_when_the_file_is_no_elf() =>
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Weaken(new byte[4096], Version, Symbol));

    [Fact]
    public void Output_of_this_build_holds_a_weakened_copy_and_the_package_cache_the_published_file()
    {
        Assert.Equal(
            WeakenOutcome.AlreadyWeak,
            ElfVersionNeeds.Weaken(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so")), Version, Symbol));
        Assert.Equal(WeakenOutcome.Weakened, ElfVersionNeeds.Weaken(PublishedLibrary(), Version, Symbol));
    }
}

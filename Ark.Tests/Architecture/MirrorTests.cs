using System.Reflection;

namespace Ark.Tests.Architecture;

/// <summary>Who looks for the tests of a file finds them by its path.</summary>
public sealed class MirrorTests
{
    private static readonly string Folder = Path.Combine(Fixture.Repository, "Ark.Tests");

    [Fact]
    public void Tests_of_a_file_lie_at_its_path_or_in_a_folder_of_tests_that_cross_files()
    {
        var files = Files();
        var classes = Classes();
        Assert.True(classes.Count > 100, $"only {classes.Count} classes of tests were found");
        var faults = classes.SelectMany(c => files[c.Name] is var found && found.Any()
            ? found.Select(f => Mirror.Fault(f, s => File.Exists(Path.Combine(Fixture.Repository, s))))
            : [$"{c.FullName} lies in no file of its name"]);
        Assert.Empty(faults.OfType<string>());
    }

    [Fact]
    public void Names_of_test_classes_are_unique() =>
        Assert.Empty(Files().Where(f => f.Key.EndsWith("Tests", StringComparison.Ordinal)
            && f.Count() > 1).Select(f => string.Join(" and ", f)));

    [Fact]
    public void Namespace_of_a_test_class_is_its_first_folder() =>
        Assert.Empty(Classes().Where(c => Files()[c.Name].Any(f => c.Namespace != "Ark.Tests." + f.Split('/')[0])).Select(c => c.FullName));

    [Theory]
    [InlineData("Data/Loading/ImageCacheTests.cs", null)]
    [InlineData("Hostile/AnythingTests.cs", null)]
    [InlineData("Data/ImageCacheTests.cs", "has no source Ark.Data/ImageCache.cs")]
    [InlineData("Service/AnswersAgainTests.cs", "has no source samples/Ark.Service/AnswersAgain.cs")]
    [InlineData("Data/Loading/ImageCacheChecks.cs", "has tests, but its name does not end in Tests")]
    [InlineData("Support/AnythingTests.cs", "lies in no folder of tests")]
    [InlineData("Hostile/Images/AnythingTests.cs", "lies in no folder of tests")]
    public void A_stray_class_is_named(string path, string? fault)
    {
        var found = Mirror.Fault(path, s => s == "Ark.Data/Loading/ImageCache.cs");
        if (fault is null) Assert.Null(found);
        else Assert.Equal($"{path} {fault}", found);
    }

    private static List<Type> Classes() =>
        [.. typeof(MirrorTests).Assembly.GetTypes().Where(t => t.GetMethods().Any(m => m.IsDefined(typeof(FactAttribute))))];

    /// <summary>The paths of the files of this project by the name of the type that they hold.</summary>
    private static ILookup<string, string> Files() => Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Folder, f).Replace('\\', '/'))
        .Where(f => f.Split('/')[0] is not ("obj" or "bin"))
        .ToLookup(f => Path.GetFileNameWithoutExtension(f), StringComparer.Ordinal);
}

using System.Reflection;

namespace Ark.Tests;

/// <summary>Finds the recorded values of the repository, and where there are any beside it, those of real radiographs.</summary>
internal static class Fixture
{
    private static readonly Dictionary<string, string> Metadata = typeof(Fixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .ToDictionary(a => a.Key, a => a.Value ?? "", StringComparer.Ordinal);

    /// <summary>The root of the repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Metadata["RepositoryDirectory"]);

    /// <summary>The folder into which NuGet has unpacked its packages.</summary>
    public static string NuGetPackages { get; } = Metadata["NuGetPackageRoot"];

    /// <summary>A file or folder under <c>Ark.Tests/Fixtures</c>.</summary>
    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Metadata["FixturesDirectory"], .. parts]);

    /// <summary>
    /// A file or folder that may lie beside the repository: more recorded values than it can hold, for tests that have some of their own in
    /// it.
    /// </summary>
    /// <returns><see langword="null"/> where it is missing.</returns>
    public static string? BesideOf(params ReadOnlySpan<string> parts)
    {
        var path = Path.GetFullPath(Path.Combine([Repository, "..", "shared", .. parts]));
        return Path.Exists(path) ? path : null;
    }

    /// <summary>The real radiographs beside the repository; skips the test, saying so, where there are none.</summary>
    public static string RealDataPathOf(params ReadOnlySpan<string> parts)
    {
        var path = BesideOf(["data", .. parts]);
        Assert.SkipWhen(path is null, $"Needs real radiographs, which may not be shipped, in "
            + $"{Path.Combine(["..", "shared", "data", .. parts])} beside the repository.");
        return path;
    }
}

using System.Reflection;

namespace Ark.Tests;

/// <summary>Finds the recorded reference values of the repository, and the shared real data beside it where there is any.</summary>
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

    /// <summary>A file or folder of the shared data that lies beside the repository; skips the test, saying so, where it is missing.</summary>
    public static string SharedPathOf(params ReadOnlySpan<string> parts)
    {
        var path = Path.GetFullPath(Path.Combine([Repository, "..", "shared", .. parts]));
        Assert.SkipUnless(Path.Exists(path), $"Needs {Path.Combine(["..", "shared", .. parts])} beside the repository.");
        return path;
    }
}

using System.Text.RegularExpressions;

namespace Ark.Data;

/// <summary>
/// Resolves the paths of a catalogue. <c>${NAME}</c> stands for an environment variable; nothing else is expanded. A relative path is
/// relative to the catalogue's folder; where nothing is there, to the working directory, as the original's lists are.
/// </summary>
/// <param name="folder">The catalogue's folder.</param>
/// <param name="workingDirectory">The working directory.</param>
/// <param name="variable">Looks an environment variable up.</param>
internal sealed partial class CataloguePaths(string folder, string workingDirectory, Func<string, string?> variable)
{
    /// <summary>Resolves a path.</summary>
    /// <param name="written">The path as written.</param>
    /// <param name="unset">Receives the name of the first variable that is not set, or <see langword="null"/>.</param>
    /// <returns>The absolute path; with an unset variable, the path with the variable left as it is.</returns>
    public string Resolve(string written, out string? unset)
    {
        string? missing = null;
        var expanded = Variable().Replace(written, match =>
        {
            var name = match.Groups["name"].Value;
            if (variable(name) is { Length: > 0 } value) return value;
            missing ??= name;
            return match.Value;
        });
        unset = missing;
        // As Windows writes it: elsewhere a backslash is part of a name, and is taken for a slash only where there is no such name.
        var places = new[] { expanded, expanded.Replace('\\', '/') }
            .SelectMany(p => new[] { Path.GetFullPath(p, folder), Path.GetFullPath(p, workingDirectory) }).ToList();
        return places.FirstOrDefault(Path.Exists) ?? places[0];
    }

    [GeneratedRegex(
        @"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}

using System.Text.RegularExpressions;

namespace Ark.Fuzz;

/// <summary>One pass through a door: a folder for its files, and what came of it.</summary>
internal sealed partial class Execution(FuzzTarget target, string folder)
{
    private const int MaxFeature = 200;

    /// <summary>A folder in memory; what was in it before is overwritten.</summary>
    public string Folder => folder;

    /// <summary>What happened, without numbers and names: an input that makes something new happen is kept.</summary>
    public List<string> Features { get; } = [];

    /// <summary>How often something was read.</summary>
    public int Accepted { get; private set; }

    /// <summary>How often something was refused as it should be.</summary>
    public int Refused { get; private set; }

    /// <summary>Writes a file of the input.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Reads something. A refusal is noted; whatever else is thrown is a finding.</summary>
    /// <param name="what">What is read, for the features.</param>
    /// <param name="read">Reads it, and tells in a few words what it was.</param>
    public void Try(string what, Func<string> read)
    {
        try
        {
            var found = read();
            Accepted++;
            Note($"{what}: read {found}");
        }
        catch (Exception e) when (target.IsRefusal(e))
        {
            Refused++;
            if (e.Message.Length is 0 or > 2500 || e.Message.AsSpan().ContainsAnyInRange('\0', '\x1F'))
                throw new BrokenContractException($"The refusal is no readable line: {e.Message}", e);
            Note($"{what}: {e.GetType().Name} {Template(e.Message.Replace(folder, "", StringComparison.Ordinal))}");
        }
    }

    private void Note(string feature) => Features.Add(feature.Length > MaxFeature ? feature[..MaxFeature] : feature);

    private static string Template(string message) => Numbers().Replace(Quoted().Replace(message, "'x'"), "#");

    [GeneratedRegex("'[^']*'|\"[^\"]*\"", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Quoted();

    [GeneratedRegex("-?[0-9]+([.,][0-9]+)*([eE][-+]?[0-9]+)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Numbers();
}

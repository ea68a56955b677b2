using SharpFuzz;

namespace Ark.Fuzz;

/// <summary>A copy of this program whose products, and the managed libraries that read for them, count their branches.</summary>
internal static class Instrumented
{
    private static readonly string[] Counted =
    [
        "Ark.Core.dll", "Ark.Models.dll", "Ark.Data.dll", "Ark.Inference.dll", "Ark.Training.dll", "Ark.Service.dll", "Parquet.dll",
        "YamlDotNet.dll",
    ];

    /// <summary>Makes the copy.</summary>
    /// <param name="folder">Where; what is there is made anew.</param>
    /// <returns>The program.</returns>
    public static string Prepare(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            var copy = Path.Combine(folder, Path.GetFileName(file));
            // libtorch is large, and stays where it is.
            if (new FileInfo(file).Length > 16 << 20) File.CreateSymbolicLink(copy, file);
            else File.Copy(file, copy);
        }

        foreach (var name in Counted)
        {
            var path = Path.Combine(folder, name);
            // Says which types it has changed; those of generated code change nothing.
            _ = SharpFuzz.Fuzzer.Instrument(path, static _ => true, Options.Value).Count();
        }

        return Path.Combine(folder, Path.GetFileName(Environment.ProcessPath!));
    }
}

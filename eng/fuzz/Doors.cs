namespace Ark.Fuzz;

/// <summary>All doors.</summary>
internal static class Doors
{
    private static readonly Func<FuzzTarget>[] Makers =
    [
        static () => new PickleTarget(), static () => new ZipTarget(), static () => new SafetensorsTarget(),
        static () => new ShardsTarget(),
        static () => new NpzTarget(), static () => new ParquetTarget(), static () => new ListsTarget(), static () => new YamlTarget(),
        static () => new DicomTarget(), static () => new PngTarget(), static () => new JpegTarget(), static () => new OtherPicturesTarget(),
        static () => new CalibrationTarget(), static () => new MasksTarget(), static () => new CacheTarget(), static () => new RunsTarget(),
        static () => new HttpTarget(),
    ];

    /// <summary>All, made anew.</summary>
    public static IReadOnlyList<FuzzTarget> All => [.. Makers.Select(m => m())];

    /// <summary>The one of a name, or all of them.</summary>
    /// <returns>None where there is no such door.</returns>
    public static IReadOnlyList<FuzzTarget> Named(string name) => name == "all" ? All : [.. All.Where(d => d.Name == name)];
}

using Ark.Benchmarks;

// Figures go to standard output; see docs/data.md for what they mean.
switch (args)
{
    case ["throughput", var folder, .. var rest]:
        return await ThroughputBenchmark.RunAsync(folder, rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 48);
    case ["loader-memory", var folder, .. var rest]:
        return await LoaderMemoryBenchmark.RunAsync(folder, rest.Length > 0 ? int.Parse(rest[0], System.Globalization.CultureInfo.InvariantCulture) : 100_000);
    default:
        await Console.Error.WriteLineAsync("""
            Usage:
              benchmarks throughput FOLDER [IMAGES]      images/s and core: decode + training transform at 224, against a plain single thread
              benchmarks loader-memory FOLDER [IMAGES]   resident memory, handles and threads while the loader reads 100,000 images

            FOLDER holds PNG and JPEG files, in any depth.
            """);
        return 2;
}

using System.Globalization;
using Ark.Benchmarks;

static int Number(string[] args, int otherwise) => args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : otherwise;

// Figures go to standard output; docs/data.md says what they mean.
switch (args)
{
    case ["throughput", var folder, .. var rest]:
        return await new ThroughputBenchmark(Number(rest, 48), rest.Length > 1 ? rest[1] : null).RunAsync(folder);
    case ["loader-memory", var folder, .. var rest]:
        return await LoaderMemoryBenchmark.RunAsync(folder, Number(rest, 100_000));
    case ["checkpoint", .. var rest]:
        return await CheckpointBenchmark.RunAsync(rest.Length > 0 ? rest[0] : null);
    default:
        await Console.Error.WriteLineAsync("""
            Usage:
              Ark.Benchmarks throughput FOLDER [IMAGES [PYTHON]]   images/s and core: decode + training transform at 224, against a plain single
                                                                   thread, and against Pillow where a Python that has it is named
              Ark.Benchmarks loader-memory FOLDER [IMAGES]         memory, handles and threads while the loader reads 100,000 images
              Ark.Benchmarks checkpoint [FILE]                     loading a full-size Ark-6 file against a plain read

            FOLDER holds PNG and JPEG files, in any depth.
            """);
        return 2;
}

using System.Globalization;
using Ark.Benchmarks;
using Ark.Cli;

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
    case ["training-step", .. var rest]:
        NativeHeap.KeepFreedBlocks();
        return await TrainingStepBenchmark.RunAsync(Number(rest, 8), rest.Length > 1 ? int.Parse(rest[1], CultureInfo.InvariantCulture) : 3, rest.Length > 2 ? rest[2] : null);
    case ["training-memory", .. var rest]:
        NativeHeap.KeepFreedBlocks();
        return await TrainingMemoryBenchmark.RunAsync(Number(rest, 2000));
    default:
        await Console.Error.WriteLineAsync("""
            Usage:
              Ark.Benchmarks throughput FOLDER [IMAGES [PYTHON]]   images/s and core: decode + training transform at 224, against a plain single
                                                                   thread, and against Pillow where a Python that has it is named
              Ark.Benchmarks loader-memory FOLDER [IMAGES]         memory, handles and threads while the loader reads 100,000 images
              Ark.Benchmarks checkpoint [FILE]                     loading a full-size Ark-6 file against a plain read
              Ark.Benchmarks training-step [BATCH [ROUNDS [PYTHON]]]  seconds of a training step of swin_tiny at 224: fp32, bf16, checkpointed
                                                                   activations, and PyTorch where a Python that has it is named
              Ark.Benchmarks training-memory [STEPS]               resident memory of a training run, every hundred steps

            FOLDER holds PNG and JPEG files, in any depth.
            """);
        return 2;
}

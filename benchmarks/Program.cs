using System.Globalization;
using Ark.Benchmarks;
using Ark.Cli;
using Ark.Models;

static int Number(string[] args, int otherwise) => args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : otherwise;

static int[] Numbers(string list) => [.. list.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];

// Figures go to standard output; docs/data.md and docs/performance.md say what they mean.
switch (args)
{
    case ["throughput", var folder, .. var rest]:
        return await new ThroughputBenchmark(Number(rest, 48), rest.Length > 1 ? rest[1] : null).RunAsync(folder);
    case ["loader-memory", var folder, .. var rest]:
        return await LoaderMemoryBenchmark.RunAsync(folder, Number(rest, 100_000));
    case ["checkpoint", .. var rest]:
        return await CheckpointBenchmark.RunAsync(rest.Length > 0 ? rest[0] : null);
    case ["pybridge"]:
        return await PyBridgeBenchmark.RunAsync();
    case ["inference", var folder, var python, var models, var threads, var batches, .. var rest]:
        new InferenceBenchmark(folder, python, Console.Out).Run(
            models.Split(','), Numbers(threads), Numbers(batches), TimeSpan.FromSeconds(Number(rest, 60)));
        return 0;
    case ["precisions", var folder, var models, var threads, var batches, .. var rest]:
        new RoundedBenchmark(folder, Console.Out).Run(
            models.Split(','), Numbers(threads), Numbers(batches), TimeSpan.FromSeconds(Number(rest, 60)));
        return 0;
    case ["products", var model, var batch]:
        TorchSharp.torch.set_num_threads(1);
        ProductBenchmark.Run(model, Numbers(batch)[0], Console.Out);
        return 0;
    case ["profile", var folder, var model, var threads, var batch]:
        new ProfileBenchmark(folder, Console.Out).Run(model, Numbers(threads)[0], Numbers(batch)[0]);
        return 0;
    case ["plain", var folder, var models, var threads, var batches, .. var rest]:
        new PlainOperatorsBenchmark(folder, Console.Out).Run(
            models.Split(','), Numbers(threads), Numbers(batches), TimeSpan.FromSeconds(Number(rest, 30)));
        return 0;
    case ["cold-start", var folder, var python, .. var rest]:
        new ColdStartBenchmark(folder, python, Console.Out).Run(Number(rest, 5));
        return 0;
    case ["first", var kind, var path]:
        ColdStartBenchmark.First(kind, path);
        return 0;
    case ["engine-memory", var model, .. var rest]:
        new EngineMemoryBenchmark(Console.Out).Run(model, Number(rest, 10_000));
        return 0;
    case ["host-memory", var folder, var model, .. var rest]:
        await HostMemoryBenchmark.RunAsync(folder, model, Number(rest, 100), Console.Out);
        return 0;
    case ["large", var model, var precision]:
        new EngineMemoryBenchmark(Console.Out).Large(model, Enum.Parse<InferencePrecision>(precision, ignoreCase: true));
        return 0;
    case ["service", var folder, .. var rest]:
        await ServiceBenchmark.RunAsync(folder, 64, Number(rest, 2000), Console.Out);
        return 0;
    case ["service-memory", var assembly, .. var rest]:
        await ServiceMemoryBenchmark.RunAsync(
            assembly,
            (rest.Length > 1 ? rest[1] : "predictions,heatmaps?label=Cardiomegaly,structures").Split(','),
            Number(rest, 200),
            20,
            Console.Out);
        return 0;
    case ["segmentation", var model, var size, .. var rest]:
        NativeHeap.KeepFreedBlocks();
        SegmentationBenchmark.Run(Console.Out, model, Numbers(size)[0], Number(rest, 0));
        return 0;
    case ["training-step", .. var rest]:
        NativeHeap.KeepFreedBlocks();
        return await TrainingStepBenchmark.RunAsync(
            rest.Length > 0 ? rest[0] : "swin_tiny", Number(rest[Math.Min(1, rest.Length)..], 8),
            rest.Length > 2 ? Numbers(rest[2])[0] : 3, rest.Length > 3 ? rest[3] : null);
    case ["step-profile", var model, var batch, var precision]:
        NativeHeap.KeepFreedBlocks();
        StepProfileBenchmark.Run(
            Console.Out, model, Numbers(batch)[0], Enum.Parse<Ark.Training.TrainingPrecision>(precision, ignoreCase: true));
        return 0;
    case ["momentum-teacher", .. var rest]:
        NativeHeap.KeepFreedBlocks();
        MomentumTeacherBenchmark.Run(rest.Length > 0 ? rest[0] : "swin_base_patch4_window7_224", Console.Out);
        return 0;
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
              Ark.Benchmarks inference FOLDER PYTHON MODELS THREADS BATCHES [SECONDS]
                                                                   milliseconds an image against ONNX Runtime and TorchScript, SECONDS for each line;
                                                                   e.g. inference /tmp/ark python3 swin_tiny,swin_base 1,2 1,4,16
              Ark.Benchmarks plain FOLDER MODELS THREADS BATCHES [SECONDS]
                                                                   the engine against plain operators, and products of its shapes alone
              Ark.Benchmarks precisions FOLDER MODELS THREADS BATCHES [SECONDS]
                                                                   the engine's precisions against each other, SECONDS for each line
              Ark.Benchmarks products MODEL BATCH                  how fast the products of bf16 and int8 are, kernels alone and in their layers
              Ark.Benchmarks profile FOLDER MODEL THREADS BATCH    where the engine's time goes
              Ark.Benchmarks cold-start FOLDER PYTHON [ROUNDS]     from the start of a process to the first embedding
              Ark.Benchmarks engine-memory MODEL [FORWARDS]        resident memory over 10,000 passes of mixed sizes
              Ark.Benchmarks host-memory FOLDER MODEL|none [MAPS]  memory of a host with a model and after 100 heat maps; 'none' for a host without
              Ark.Benchmarks large MODEL PRECISION                 time and peak memory of one image
              Ark.Benchmarks service FOLDER [REQUESTS]             64 callers of one model: the same answers, how much faster than one at a time, memory
              Ark.Benchmarks service-memory DLL [UPLOADS [PATHS]]  resident memory of the sample service (its Ark.Service.dll) under uploads of 2048x2048, 20 at a time
              Ark.Benchmarks segmentation MODEL SIZE [BATCH]       time and peak memory of UPerNet: one image, or a training step of BATCH
              Ark.Benchmarks training-step [MODEL [BATCH [ROUNDS [PYTHON]]]]
                                                                   seconds of a training step: fp32, bf16, plain operators, checkpointed
                                                                   activations, and PyTorch (swin_tiny) where a Python that has it is named
              Ark.Benchmarks step-profile MODEL BATCH PRECISION    where the time of a training step goes
              Ark.Benchmarks momentum-teacher [MODEL]              the teacher's moving average, in place and as one writes it
              Ark.Benchmarks training-memory [STEPS]               resident memory of a training run, every hundred steps

            FOLDER holds PNG and JPEG files, in any depth, for the first two, and for the others checkpoints and exported graphs, which are made where they are missing.
            PYTHON needs torch and onnx, from which the graphs are exported once.
            """);
        return 2;
}

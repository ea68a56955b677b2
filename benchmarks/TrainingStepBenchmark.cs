using System.Diagnostics;
using System.Globalization;
using Ark.Models;
using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>
/// Seconds of a training step in float32 and in bfloat16, with and without checkpointed activations, and with the plain operators; and of
/// the same step in PyTorch where a Python that has it is named. Measured in turn, so that a busy moment of the machine strikes all alike.
/// </summary>
internal static class TrainingStepBenchmark
{
    public static async Task<int> RunAsync(string model, int batch, int rounds, string? python)
    {
        (string Name, TrainingPrecision Precision, bool Checkpoint, bool Plain)[] variants =
            [
                ("fp32", TrainingPrecision.Fp32, false, false), ("bf16", TrainingPrecision.Bf16, false, false),
                ("fp32, plain operators", TrainingPrecision.Fp32, false, true),
                ("bf16, plain operators", TrainingPrecision.Bf16, false, true),
                ("fp32, activations checkpointed", TrainingPrecision.Fp32, true, false),
                ("bf16, activations checkpointed", TrainingPrecision.Bf16, true, false)
            ];
        var backbone = SwinVariants.Get(model);
        var side = backbone.ImageHeight;
        var times = variants.Select(_ => new List<double>()).ToArray();
        var original = new List<double>();
        using var generator = new Generator(1);
        var (one, two) = (randn([batch, 3, side, side], generator: generator), randn([batch, 3, side, side], generator: generator));
        var targets = rand([batch, 14], generator: generator).gt(0.5).to(ScalarType.Float32);
        for (var round = 0; round <= rounds; round++)
        {
            for (var v = 0; v < variants.Length; v++)
            {
                var (_, precision, checkpoint, plain) = variants[v];
                using var trainer = new Trainer(backbone, precision, checkpoint, plain);
                trainer.Step(one, two, targets);
                for (var step = 0; step < 3; step++)
                {
                    var watch = Stopwatch.StartNew();
                    trainer.Step(one, two, targets);
                    if (round > 0) times[v].Add(watch.Elapsed.TotalSeconds);
                    await Console.Error.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture, $"round {round} of {rounds}, {variants[v].Name}: {watch.Elapsed.TotalSeconds:F2} s"));
                }
            }

            if (python is not null && round > 0) original.AddRange(await PythonAsync(python, batch, side));
        }

        await Console.Out.WriteLineAsync(
            $"{backbone.Name}, {side} px, batch {batch}, {get_num_threads()} threads, Nesterov SGD, teacher and its moving average; "
            + "seconds a step\n");
        await Console.Out.WriteLineAsync($"{"",-34}{"best",8}{"median",8}{"images/s",10}");
        for (var v = 0; v < variants.Length; v++) await WriteAsync(variants[v].Name, times[v], batch);
        if (original.Count > 0) await WriteAsync("PyTorch, fp32", original, batch);
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"\nbf16 is {times[0].Min() / times[1].Min():F2} "
            + $"times as fast as fp32 (best of each), {Median(times[0]) / Median(times[1]):F2} by medians"));
        return 0;
    }

    private static Task WriteAsync(string name, List<double> seconds, int batch) =>
        Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{name,-34}{seconds.Min(),8:F3}{Median(seconds),8:F3}{batch / seconds.Min(),10:F1}"));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task<double[]> PythonAsync(string python, int batch, int side)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "training_step.py"), "3", batch.ToString(CultureInfo.InvariantCulture),
            side.ToString(CultureInfo.InvariantCulture), get_num_threads().ToString(CultureInfo.InvariantCulture)
        ];
        using var process = Process.Start(OtherProgram.Start(python, arguments))!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => double.Parse(
            l, CultureInfo.InvariantCulture)).ToArray();
        return seconds.Length > 1 ? seconds[1..] : seconds;
    }

    private sealed class Trainer : IDisposable
    {
        private readonly ArkModel _student;
        private readonly ArkModel _teacher;
        private readonly KnowledgeAccrual _accrual;

        public Trainer(SwinConfiguration backbone, TrainingPrecision precision, bool checkpoint, bool plain)
        {
            var configuration = new ArkModelConfiguration
            {
                Backbone = backbone,
                Projector = ProjectorKind.Mlp,
                ProjectorFeatures = 1376,
                Heads = [new ArkHead("findings", 14)],
            };
            using var generator = new Generator(2);
            (_student, _teacher) = (new ArkModel(configuration, generator), new ArkModel(configuration, generator));
            _student.Precision = _teacher.Precision = precision == TrainingPrecision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
            _accrual = new KnowledgeAccrual(_student, _teacher, [new TaskHead(LabelTask.MultiLabel, 0)], new AccrualSettings
            {
                Recipe = TrainingRecipe.ArkPlus,
                EmaMode = EmaMode.Iteration,
                Epochs = 1,
                MovesPerEpoch = 1000,
                Optimizer = new OptimizerSettings { Kind = OptimizerKind.Sgd },
                LearningRate = new LearningRateSchedule(1e-3, 1e-5, 1e-6, 0, 10),
                GradientCheckpointing = checkpoint,
                PlainOperators = plain,
            });
        }

        public void Step(Tensor one, Tensor two, Tensor targets) => _accrual.Step(0, one, two, targets, anyMissing: false);

        public void Dispose()
        {
            _accrual.Dispose();
            _student.Dispose();
            _teacher.Dispose();
        }
    }
}

using System.Globalization;
using Ark.Models;
using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>
/// Where the time of a training step goes, on one thread and in processor time, so that other processes count little: the kinds of work of
/// the fused blocks, and what libtorch computes around them.
/// </summary>
internal static class StepProfileBenchmark
{
    private const int Steps = 12;

    public static void Run(TextWriter report, string name, int batch, TrainingPrecision precision)
    {
        set_num_threads(1);
        var backbone = SwinVariants.Get(name);
        var configuration = new ArkModelConfiguration
        {
            Backbone = backbone,
            Projector = ProjectorKind.Mlp,
            ProjectorFeatures = 1376,
            Heads = [new ArkHead("findings", 14)],
        };
        using var generator = new Generator(2);
        using var student = new ArkModel(configuration, generator);
        using var teacher = new ArkModel(configuration, generator);
        student.Precision = teacher.Precision = precision == TrainingPrecision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        foreach (var parameter in teacher.parameters()) parameter.requires_grad = false;
        using var blocks = FusedBlocks.Create(backbone, student.Precision, 1)
            ?? throw new NotSupportedException("The processor computes blocks with the plain operators.");
        using var optimizer = new StudentOptimizer(student, new OptimizerSettings { Kind = OptimizerKind.Sgd }, 1e-3);
        using var images = randn([batch, 3, backbone.ImageHeight, backbone.ImageWidth], generator: generator);
        using var targets = rand([batch, 14], generator: generator).gt(0.5).to(ScalarType.Float32);
        var profiles = new List<(PassProfile Inner, PassProfile Outer)>();
        for (var i = 0; i < Steps; i++)
        {
            var (inner, outer) = (new PassProfile(), new PassProfile());
            blocks.Profile = inner;
            Step(student, teacher, blocks, optimizer, images, targets, outer);
            profiles.Add((inner, outer));
        }

        // The quickest third: other processes only ever add.
        var best = profiles.OrderBy(p => Total(p.Inner) + Total(p.Outer)).Take(Steps / 3).ToList();
        var all = best.Average(p => Total(p.Inner) + Total(p.Outer));
        report.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{backbone.Name}, batch {batch}, {precision}, one thread: {all * 1000:F0} ms a step\n"));
        report.WriteLine("| work | ms | share | GFLOP/s |");
        report.WriteLine("|---|---|---|---|");
        Write(report, best.ConvertAll(p => p.Inner), all);
        Write(report, best.ConvertAll(p => p.Outer), all);
    }

    private static double Total(PassProfile profile) => profile.Spent.Values.Sum(s => s.Seconds);

    private static void Write(TextWriter report, List<PassProfile> profiles, double all)
    {
        foreach (var (work, (_, flops)) in profiles[0].Spent)
        {
            var seconds = profiles.Average(p => p.Spent[work].Seconds);
            var rate = flops > 0 ? (flops / seconds / 1e9).ToString("F0", CultureInfo.InvariantCulture) : "";
            report.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {work} | {seconds * 1000:F2} | {seconds / all:P0} | {rate} |"));
        }
    }

    private static void Step(
        ArkModel student, ArkModel teacher, FusedBlocks blocks, StudentOptimizer optimizer, Tensor images, Tensor targets,
        PassProfile profile)
    {
        using var scope = NewDisposeScope();
        profile.Begin();
        optimizer.ClearGradients(fillWithZeros: false);
        profile.End("around: optimizer");
        var followed = teacher.FeaturesOf(blocks.Tokens(teacher, images)).detach();
        profile.End("around: teacher");
        using var pass = new TrainingPass(student, images, blocks, checkpoint: false);
        profile.End("around: student forward");
        var features = student.FeaturesOf(pass.Tokens);
        var loss = nn.functional.binary_cross_entropy_with_logits(student.Logits(features, 0), targets)
            .add(nn.functional.mse_loss(features, followed), KeptScalar.One);
        profile.End("around: projector, head, loss");
        pass.Backward(loss);
        profile.End("around: student backward");
        optimizer.Step([loss.Number()], clip: null);
        profile.End("around: optimizer");
        MomentumTeacher.Follow(student, teacher, 0.99);
        profile.End("around: moving average");
    }
}

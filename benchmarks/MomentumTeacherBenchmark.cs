using System.Globalization;
using Ark.Models;
using Ark.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Benchmarks;

/// <summary>
/// Milliseconds for the teacher to follow the student: in place, against the formula as one writes it, which makes three tensors for every
/// parameter.
/// </summary>
internal static class MomentumTeacherBenchmark
{
    private const double Momentum = 0.996;

    public static void Run(string name, TextWriter report)
    {
        var configuration = new ArkModelConfiguration
        {
            Backbone = SwinVariants.Get(name) with { NumClasses = 0 },
            Projector = ProjectorKind.Mlp,
            ProjectorFeatures = 1376,
            Heads = [new ArkHead("findings", 14)],
        };
        using var student = new ArkModel(configuration, new Generator(1));
        using var teacher = new ArkModel(configuration, new Generator(2));
        using var plain = new ArkModel(configuration, new Generator(2));
        Check(student, teacher, plain);
        var taken = new Contest(TimeSpan.FromSeconds(30), 40).Run(
            () => MomentumTeacher.Follow(student, teacher, Momentum), () => AsWritten(student, plain));
        report.WriteLine("| model | parameters | as written, ms | in place, ms | ratio | others |\n|---|---|---|---|---|---|");
        report.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {student.parameters().Sum(p => p.numel()) / 1e6:F0} M | {taken.Wall[1] * 1000:F0} | {taken.Wall[0] * 1000:F0} | "
                + $"{taken.Wall[1] / taken.Wall[0]:F2} | {taken.Others:P0} |"));
    }

    private static void Check(ArkModel student, ArkModel teacher, ArkModel plain)
    {
        MomentumTeacher.Follow(student, teacher, Momentum);
        AsWritten(student, plain);
        using var scope = NewDisposeScope();
        if (teacher.parameters().Zip(plain.parameters()).Any(p => !p.First.allclose(p.Second, rtol: 1e-5, atol: 1e-6)))
            throw new InvalidOperationException("The two do not agree.");
    }

    private static void AsWritten(ArkModel student, ArkModel teacher)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        using var keep = Momentum.ToScalar();
        using var take = (1 - Momentum).ToScalar();
        foreach (var (followed, follower) in student
            .parameters()
            .Zip(teacher.parameters())) follower.copy_(follower.mul(keep).add(followed.mul(take)));
    }
}

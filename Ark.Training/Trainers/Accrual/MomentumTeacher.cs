using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>The teacher: a network whose parameters follow the student's by exponential moving average. Buffers never move.</summary>
internal static class MomentumTeacher
{
    /// <summary>Moves every parameter of the teacher: <c>t = m·t + (1 − m)·s</c>.</summary>
    /// <param name="student">The network to follow.</param>
    /// <param name="teacher">The network to move, of the same structure.</param>
    /// <param name="momentum">m, 0 to 1.</param>
    public static void Follow(nn.Module student, nn.Module teacher, double momentum)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] followed = [.. student.parameters()];
        Tensor[] followers = [.. teacher.parameters()];
        if (followed.All(ParameterMemory.Holds) && followers.All(ParameterMemory.Holds))
        {
            ParameterMemory.Follow(followers, followed, momentum);
            return;
        }

        foreach (var (one, other) in followed.Zip(followers)) other.TimesInPlace(momentum).PlusInPlace(one, 1 - momentum);
    }

    /// <summary>Makes the teacher an exact copy of the student, buffers included.</summary>
    /// <param name="student">The network to copy.</param>
    /// <param name="teacher">The network to overwrite.</param>
    public static void Copy(nn.Module student, nn.Module teacher)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (source, target) in student.parameters().Zip(teacher.parameters())) target.copy_(source);
        foreach (var (source, target) in student.buffers().Zip(teacher.buffers())) target.copy_(source);
    }
}

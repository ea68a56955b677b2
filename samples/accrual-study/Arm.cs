using Ark.Inference;
using Ark.Training;

namespace AccrualStudy;

/// <summary>One way of using the datasets.</summary>
/// <param name="Name">What the tables call it.</param>
/// <param name="Alone">Whether each dataset gets a model of its own.</param>
/// <param name="Role">Which network is tested: the teacher where there is one.</param>
/// <param name="Settings">What it changes.</param>
internal sealed record Arm(string Name, bool Alone, ModelRole Role, Action<TrainingOptions> Settings)
{
    public static readonly Arm EachAlone = new("each dataset alone", true, ModelRole.Student, o => o.ConsistencyScale = 0);

    public static readonly Arm WithoutTeacher = new("accrual without teacher", false, ModelRole.Student, o => o.ConsistencyScale = 0);

    public static readonly IReadOnlyList<Arm> All =
    [
        EachAlone,
        new("labels merged in one head", false, ModelRole.Student, o => (o.ConsistencyScale, o.TaskOrder) = (0, TaskOrder.SingleHead)),
        WithoutTeacher,
        new("accrual, teacher moves once a pass", false, ModelRole.Teacher, o => o.EmaMode = EmaMode.Epoch),
        new("accrual, teacher moves every step", false, ModelRole.Teacher, o => o.EmaMode = EmaMode.Iteration),
    ];
}

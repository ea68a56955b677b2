namespace Ark.Tests.Recorded;

public class PublishedTrajectoryTests
{
    [Theory]
    [InlineData("ark_sgd_epoch", true)]
    [InlineData("ark_sgd_epoch_zerogradnone", true)]
    [InlineData("ark_sgd_iteration", true)]
    [InlineData("ark_momentum_epoch_warmup", true)]
    [InlineData("arkplus_adamw_epoch", false)]
    [InlineData("arkplus_adamw_epoch_zerogradnone", false)]
    public void Accrual_repeats_the_original_run_step_by_step(string run, bool keyBiasIsStable)
    {
        using var trajectory = new PublishedTrajectory(run);
        trajectory.Replay();
        var student = trajectory.FinalDeviation(trajectory.Accrual.Student, "student_final.safetensors", keyBiasIsStable);
        var teacher = trajectory.FinalDeviation(trajectory.Accrual.Teacher, "teacher_final.safetensors", keyBiasIsStable);
        TestContext.Current.SendDiagnosticMessage($"{run}: losses {trajectory.LossDeviation:E1}, momentum "
            + $"{trajectory.MomentumDeviation:E1}, consistency {trajectory.ConsistencyDeviation:E1}, rate {trajectory.RateDeviation:E1}, "
            + $"predictions {trajectory.PredictionDeviation:E1}, student {student:E1}, teacher {teacher:E1}");
        Assert.InRange(trajectory.LossDeviation, 0, 1e-5);
        Assert.InRange(trajectory.MomentumDeviation, 0, 1e-12);
        Assert.InRange(trajectory.ConsistencyDeviation, 0, 1e-12);
        // In a published warm-up the rate is a multiple of the validation loss, and carries its rounding.
        Assert.InRange(trajectory.RateDeviation, 0, 5e-9);
        Assert.InRange(trajectory.PredictionDeviation, 0, 1e-5);
        // AdamW turns the rounding noise of the key biases' zero gradient into steps of the learning rate's size (sensitivity.json).
        Assert.InRange(student, 0, keyBiasIsStable ? 2e-5 : 1e-4);
        Assert.InRange(teacher, 0, keyBiasIsStable ? 2e-5 : 1e-4);
    }
}

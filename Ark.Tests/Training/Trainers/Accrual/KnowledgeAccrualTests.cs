using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class KnowledgeAccrualTests
{
    [Theory]
    [InlineData(Fidelity.Corrected, 0)]
    [InlineData(Fidelity.Corrected, 1)]
    [InlineData(Fidelity.Published, 1)]
    public void Step_that_is_given_up_leaves_everything_as_it_was(Fidelity fidelity, int cancelledPart)
    {
        using var undisturbed = new SmallAccrual(fidelity);
        using var disturbed = new SmallAccrual(fidelity);
        undisturbed.Step(SmallAccrual.Findings);
        disturbed.Step(SmallAccrual.Findings);
        using var pictures = randn(4, 3, 32, 32);
        using var targets = SmallAccrual.Targets(SmallAccrual.Triage);
        StepPart Part(int index) =>
            new(
                pictures.narrow(0, 2 * index, 2),
                pictures.narrow(0, 2 * index, 2),
                0.5,
                [new TaskPart(SmallAccrual.Triage, targets.narrow(0, 2 * index, 2), AnyMissing: false, Share: 0.5)]);
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => disturbed.Accrual.Step(
            2,
            i =>
            {
                if (i == cancelledPart) source.Cancel();
                return Part(i);
            },
            source.Token));
        AssertSame(undisturbed, disturbed);
        Assert.Equal(
            undisturbed.Accrual.Step(2, Part, TestContext.Current.CancellationToken),
            disturbed.Accrual.Step(2, Part, TestContext.Current.CancellationToken));
        AssertSame(undisturbed, disturbed);
    }

    private static void AssertSame(SmallAccrual expected, SmallAccrual actual)
    {
        using var weights = expected.Weights("");
        using var others = actual.Weights("");
        Assert.True(weights.equal(others).all().item<bool>());
        Assert.Equal(expected.Accrual.ScheduleIndex, actual.Accrual.ScheduleIndex);
    }
}

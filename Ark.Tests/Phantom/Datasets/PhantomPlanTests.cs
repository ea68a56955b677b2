using Ark.Phantom;

namespace Ark.Tests.Phantom;

public sealed class PhantomPlanTests
{
    public static TheoryData<int> Datasets => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Datasets))]
    public void No_patient_is_in_two_splits(int dataset)
    {
        var splits = PhantomPlan.Of(dataset, new PhantomDatasetOptions())
            .GroupBy(c => c.Patient)
            .Select(g => g.Select(c => c.Split).Distinct().Count());
        Assert.All(splits, count => Assert.Equal(1, count));
    }

    [Theory]
    [MemberData(nameof(Datasets))]
    public void Some_patients_have_several_pictures_and_every_picture_has_its_own_name(int dataset)
    {
        var plan = PhantomPlan.Of(dataset, new PhantomDatasetOptions());
        Assert.Equal(plan.Count, plan.Select(c => c.FileName).Distinct().Count());
        Assert.InRange(plan.Count / (double)plan.Select(c => c.Patient).Distinct().Count(), 1.3, 1.8);
    }

    [Fact]
    public void The_datasets_hold_the_asked_number_of_images_and_differ_in_size()
    {
        int[] sizes = [.. PhantomPlan.Cohorts.Select((_, k) => PhantomPlan.Of(k, new PhantomDatasetOptions { Count = 5120 }).Count)];
        Assert.InRange(sizes.Sum(), 5118, 5122);
        Assert.True(sizes[0] > sizes[1] && sizes[1] > sizes[2]);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(99UL)]
    public void Findings_of_the_multi_label_set_have_the_configured_prevalence(ulong seed)
    {
        double[] expected = [0.14, 0.16, 0.12, 0.12, 0.10, 0.12, 0.12, 0.14, 0.18, 0.12];
        foreach (var split in PhantomPlan.Of(0, new PhantomDatasetOptions { Seed = seed }).GroupBy(c => c.Split))
        {
            foreach (var finding in Enum.GetValues<PhantomFinding>())
                Assert.Equal(expected[(int)finding], split.Average(c => c.Findings.Contains(finding) ? 1.0 : 0), 0.006);
        }
    }

    [Fact]
    public void Labels_of_the_multi_label_set_are_sometimes_missing_or_uncertain_and_else_true_and_complete_in_test()
    {
        var plan = PhantomPlan.Of(0, new PhantomDatasetOptions());
        var cells = plan.Where(c => c.Split != DatasetSplit.Test).SelectMany(c => c.Labels).ToArray();
        Assert.Equal(0.10, cells.Count(l => l == "") / (double)cells.Length, 0.01);
        Assert.Equal(0.05, cells.Count(l => l == "-1.0") / (double)cells.Length, 0.01);
        Assert.All(plan, c =>
        {
            for (var k = 0; k < c.Labels.Count; k++)
            {
                if (c.Split == DatasetSplit.Test || c.Labels[k] is "0.0" or "1.0")
                    Assert.Equal(c.Findings.Contains((PhantomFinding)k) ? "1.0" : "0.0", c.Labels[k]);
            }
        });
    }

    [Fact]
    public void Classes_of_the_triage_set_follow_from_the_findings()
    {
        var plan = PhantomPlan.Of(1, new PhantomDatasetOptions());
        Assert.All(plan, c => Assert.Equal(
            c.Findings.Contains(PhantomFinding.Consolidation) ? "2" : c.Findings.Count > 0 ? "1" : "0",
            Assert.Single(c.Labels)));
        Assert.Equal(0.4, plan.Count(c => c.Labels[0] == "0") / (double)plan.Count, 0.01);
        Assert.Equal(0.3, plan.Count(c => c.Labels[0] == "2") / (double)plan.Count, 0.01);
    }

    [Fact]
    public void Labels_of_the_binary_sets_follow_from_finding_and_view()
    {
        Assert.All(
            PhantomPlan.Of(2, new PhantomDatasetOptions()),
            c => Assert.Equal(c.Findings.Contains(PhantomFinding.Pneumothorax) ? "1" : "0", Assert.Single(c.Labels)));
        Assert.All(
            PhantomPlan.Of(3, new PhantomDatasetOptions()),
            c => Assert.Equal(c.View == PhantomView.Anteroposterior ? "1" : "0", Assert.Single(c.Labels)));
    }

    [Theory]
    [MemberData(nameof(Datasets))]
    public void Every_test_label_has_both_outcomes_even_in_the_smallest_set(int dataset)
    {
        var plan = PhantomPlan.Of(dataset, new PhantomDatasetOptions { Count = PhantomDatasetOptions.MinCount });
        foreach (var split in plan.GroupBy(c => c.Split))
        {
            if (PhantomPlan.Cohorts[dataset].Labels.Task == LabelTask.MultiClass)
            {
                Assert.Equal(3, split.Select(c => c.Labels[0]).Distinct().Count());
                continue;
            }

            for (var k = 0; k < PhantomPlan.Cohorts[dataset].Labels.Count; k++)
            {
                var shown = split.Select(c => dataset == 0 ? c.Findings.Contains((PhantomFinding)k) : c.Labels[0] == "1").Distinct();
                Assert.Equal(2, shown.Count());
            }
        }
    }

    // Of the fourth dataset the view is the label.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_view_does_not_give_the_label_away(int dataset)
    {
        var plan = PhantomPlan.Of(dataset, new PhantomDatasetOptions { Count = 20_000 });
        foreach (var group in plan.GroupBy(c => dataset == 0
            ? c.Findings.Contains(PhantomFinding.PleuralEffusion).ToString()
            : c.Labels[0]))
            Assert.Equal(
                PhantomPlan.Cohorts[dataset].Anteroposterior, group.Average(c => c.View == PhantomView.Anteroposterior ? 1.0 : 0), 0.06);
    }
}

using AccrualStudy;

namespace Ark.Tests.Samples;

/// <summary>The figures of the sample study: what is kept together, and where its table goes.</summary>
public class StudyTableTests
{
    [Fact]
    public void Figures_of_other_catalogues_recipes_datasets_or_seeds_do_not_mix()
    {
        using var folder = new TemporaryFolder();
        var kept = folder.PathOf("results.jsonl");
        var catalogue = folder.Write("real.yaml", "# Real.\na:\n  data_dir: a\ntraining:\n  lr: 0.1\n");
        var conditions = Results.Conditions("real.yaml", catalogue, ["a", "b"], 15);
        var first = Results.Open(kept, conditions, [101, 102, 103]);
        foreach (var (seed, auroc) in new (ulong, double)[]
        {
            (101, 0.5),
            (102, 0.7),
            (103, 0.9)
        }) first.Add(Arm.EachAlone, seed, "a", auroc);

        Assert.Equal([0.5, 0.7, 0.9], Results.Open(kept, conditions, [101, 102, 103]).Of(Arm.EachAlone, "a"));
        var fewer = Results.Open(kept, conditions, [101, 102]);
        Assert.Equal([0.5, 0.7], fewer.Of(Arm.EachAlone, "a"));
        Assert.False(fewer.Has(Arm.EachAlone, 103, "a"));

        Assert.NotEqual(conditions, Results.Conditions("other.yaml", catalogue, ["a", "b"], 15));
        Assert.NotEqual(conditions, Results.Conditions("real.yaml", catalogue, ["a"], 15));
        Assert.NotEqual(conditions, Results.Conditions("real.yaml", catalogue, ["a", "b"], 10));
        folder.Write("real.yaml", "a:\n  data_dir: a\n\n# A small step.\ntraining:\n  lr: 0.1\n");
        Assert.Equal(conditions, Results.Conditions("real.yaml", catalogue, ["a", "b"], 15));
        folder.Write("real.yaml", "a:\n  data_dir: a\ntraining:\n  lr: 0.2\n");
        Assert.Empty(Results.Open(kept, Results.Conditions("real.yaml", catalogue, ["a", "b"], 15), [101]).Of(Arm.EachAlone, "a"));
    }

    [Fact]
    public void A_section_takes_the_place_of_the_older_one_about_the_same_data()
    {
        using var folder = new TemporaryFolder();
        var page = folder.PathOf("study.md");
        foreach (var (name, figure) in new[]
        {
            ("real.yaml", "1"),
            ("phantom, 2000 images", "2"),
            ("real.yaml", "3")
        }) StudyTable.WriteInto(page, name, $"## {name}\n\n{figure}\n");
        Assert.Equal("# The accrual study\n\n## real.yaml\n\n3\n\n## phantom, 2000 images\n\n2\n", File.ReadAllText(page));
        // Both commands of the README have their section in the page that is published.
        var published = File.ReadAllText(Path.Combine(Fixture.Repository, "docs", "accrual-study.md"));
        Assert.Contains("\n## real.yaml\n", published, StringComparison.Ordinal);
        Assert.Contains("\n## phantom, 2000 images\n", published, StringComparison.Ordinal);
    }
}

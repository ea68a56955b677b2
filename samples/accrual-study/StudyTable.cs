using System.Globalization;
using System.Text;

namespace AccrualStudy;

/// <summary>The comparison as a section of a Markdown page.</summary>
internal static class StudyTable
{
    public static string Render(string name, int epochs, string[] datasets, Results results, int seeds)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"## {name}\n\n{epochs} passes over each dataset in every arm, {seeds} seeds. Test "
            + $"AUROC of the last state (mean over a dataset's labels): mean ± standard deviation over seeds.\n\n");
        Head(text, datasets);
        foreach (var arm in Arm.All) Row(text, arm.Name, datasets, d => Spread(results.Of(arm, d)));
        text.Append("\nPaired differences with 95 % intervals (Student's t over seeds):\n\n");
        Head(text, datasets);
        foreach (var arm in Arm.All.Skip(1))
            Row(
                text,
                $"{arm.Name} − {Arm.EachAlone.Name}",
                datasets,
                d => Difference(PairedInterval.Of(results.Of(arm, d), results.Of(Arm.EachAlone, d))));
        foreach (var arm in Arm.All.Skip(3))
            Row(
                text,
                $"{arm.Name} − without teacher",
                datasets,
                d => Difference(PairedInterval.Of(results.Of(arm, d), results.Of(Arm.WithoutTeacher, d))));
        return text.ToString();
    }

    /// <summary>Puts a section into a page in place of the older one about the same data.</summary>
    public static void WriteInto(string page, string name, string section)
    {
        var before = File.Exists(page) ? File.ReadAllText(page) : "# The accrual study\n";
        var start = before.IndexOf($"## {name}\n", StringComparison.Ordinal);
        if (start < 0)
        {
            File.WriteAllText(page, before.TrimEnd() + "\n\n" + section);
            return;
        }

        var end = before.IndexOf("\n## ", start, StringComparison.Ordinal);
        File.WriteAllText(page, before[..start] + section + (end < 0 ? "" : before[end..]));
    }

    private static void Head(StringBuilder text, string[] datasets) =>
        text
            .Append("| | ")
            .AppendJoin(" | ", datasets)
            .Append(" | mean |\n|---|")
            .AppendJoin("", Enumerable.Repeat("---|", datasets.Length + 1))
            .Append('\n');

    private static void Row(StringBuilder text, string title, string[] datasets, Func<string?, string> cell) =>
        text.Append("| ").Append(title).Append(" | ").AppendJoin(" | ", datasets.Append(null).Select(cell)).Append(" |\n");

    private static string Spread(double[] values) => values.Length < 2
        ? string.Create(CultureInfo.InvariantCulture, $"{values.Average():F3}")
        : string.Create(CultureInfo.InvariantCulture, $"{values.Average():F3} ± {PairedInterval.Deviation(values):F3}");

    private static string Difference(PairedInterval difference) => double.IsNaN(difference.HalfWidth)
        ? string.Create(CultureInfo.InvariantCulture, $"{difference.Mean:+0.000;−0.000;0.000}")
        : string.Create(CultureInfo.InvariantCulture, $"{difference.Mean:+0.000;−0.000;0.000} "
            + $"({difference.Mean - difference.HalfWidth:+0.000;−0.000;0.000} to "
            + $"{difference.Mean + difference.HalfWidth:+0.000;−0.000;0.000})");
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ark.Training;

namespace Ark.Tests.Training;

public partial class RunReportTests
{
    private const string Metrics = """
        {"event":"pass","epoch":1,"dataset":"A<b>&\"","images":9,"task_loss":0.7,"consistency_loss":0.01,"lr":0.1,"momentum":0.9,"consistency_weight":0,"images_per_second":100}
        {"event":"validation","epoch":1,"dataset":"A<b>&\"","loss":0.71}
        {"event":"evaluation","epoch":1,"dataset":"A<b>&\"","split":"test","weights":"student","images":40,"mean_auroc":0.6,"labels":[{"name":"x<script>","auroc":0.6,"positives":3,"negatives":37}]}
        {"event":"evaluation","epoch":1,"dataset":"A<b>&\"","split":"test","weights":"teacher","images":40,"mean_auroc":0.65,"mean_average_precision":0.4,"labels":[{"name":"x<script>","auroc":null,"positives":0,"negatives":40}]}
        {"event":"pass","epoch":2,"dataset":"A<b>&\"","images":9,"task_loss":0.5,"consistency_loss":null,"lr":0.05,"momentum":0.95,"consistency_weight":0.25,"images_per_second":90}
        {"event":"something new","epoch":2}
        {"event":"baseline","dataset":"A<b>&\"","split":"test","images":40,"mean_auroc":0.55,"labels":[]}
        """;

    private static readonly JsonObject[] Lines = [.. Metrics.Split('\n').Select(l => JsonNode.Parse(l)!.AsObject())];

    [Fact]
    public void A_report_needs_nothing_from_elsewhere()
    {
        var html = RunReport.Render(RunHistory.Of(Lines));
        Assert.DoesNotMatch(ExternalReference(), html);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("prefers-color-scheme:dark", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_written_as_text()
    {
        var html = RunReport.Render(RunHistory.Of(Lines));
        Assert.Contains("A&lt;b&gt;&amp;&quot;", html, StringComparison.Ordinal);
        Assert.Contains("x&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_chart_is_well_formed_and_has_a_title_and_a_description()
    {
        var charts = Chart().Matches(RunReport.Render(RunHistory.Of(Lines))).Select(m => XElement.Parse(m.Value)).ToList();
        Assert.Equal(8, charts.Count);
        Assert.All(charts, c =>
        {
            var names = ((string)c.Attribute("aria-labelledby")!).Split(' ');
            Assert.Equal((names[0], names[1]), ((string?)c.Element("title")!.Attribute("id"), (string?)c.Element("desc")!.Attribute("id")));
            Assert.NotEmpty(c.Element("desc")!.Value);
            Assert.NotEmpty(c.Elements("polyline"));
        });
        var ids = charts.SelectMany(c => c.Descendants().Attributes("id")).Select(a => a.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        var loss = charts.Single(c => c.Element("title")!.Value == "Task loss, training");
        Assert.Contains("from 0.7 at epoch 1 to 0.5 at epoch 2", loss.Element("desc")!.Value, StringComparison.Ordinal);
        var auroc = charts.Single(c => c.Element("title")!.Value.StartsWith("Mean test AUROC", StringComparison.Ordinal));
        Assert.Equal(2, auroc.Elements("polyline").Count());
    }

    [Fact]
    public void Tables_show_the_latest_figures_and_a_dash_for_what_is_undefined()
    {
        var html = RunReport.Render(RunHistory.Of(Lines), JsonNode.Parse("""{"options":{"epochs":"7","init":null}}""")!.AsObject());
        Assert.Contains("<td>40<td>0.550<td>0.600<td class=\"best\">0.650<td>0.400<td>–", html, StringComparison.Ordinal);
        Assert.Contains("<td>0<td>40<td>0.600<td class=\"best\">–", html, StringComparison.Ordinal);
        Assert.Contains("After epoch 2 of 7", html, StringComparison.Ordinal);
        Assert.Contains("init<td>default", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_only_begun_has_a_report() =>
        Assert.Contains("<h1>", RunReport.Render(new RunHistory()), StringComparison.Ordinal);

    [Theory]
    [InlineData(0.0, 1.0, 0.0)]
    [InlineData(1, 1, 1)]
    [InlineData(0.123, 0.124, 0.0)]
    [InlineData(-5e-9, 3e-9, 0.0)]
    [InlineData(1, 400, 1)]
    [InlineData(0.5, 0.5, 0.0)]
    public void Ticks_are_few_and_enclose_the_values(double low, double high, double smallest)
    {
        var ticks = AxisTicks.For(low, high, 5, smallest);
        Assert.InRange(ticks.Length, 2, 8);
        Assert.True(ticks[0] <= low + 1e-12 && ticks[^1] >= high - 1e-12, string.Join(' ', ticks));
        Assert.True(ticks.SequenceEqual(ticks.Order()));
    }

    [Fact]
    public void Metrics_whose_last_line_is_still_being_written_are_read_up_to_it()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "{\"epoch\":1}\n{\"epoch\":2}\n{\"epo");
            Assert.Equal(2, RunMetrics.Read(path).Count());
            File.WriteAllText(path, "{\"epoch\":1}\n[2]\n");
            Assert.Contains("line 2: is no JSON object", Refusal(path), StringComparison.Ordinal);
            File.WriteAllText(path, "{\"epoch\":1,\"epoch\":2}\n");
            Assert.Contains("line 1: is no JSON object", Refusal(path), StringComparison.Ordinal);
            File.WriteAllText(path, $"{{}}\n\n{new string(' ', RunMetrics.MaxLineLength)}{{}}\n");
            Assert.Contains("line 3: is too long", Refusal(path), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_report_of_a_very_long_run_has_as_many_points_as_can_be_seen_and_keeps_the_peaks()
    {
        const int epochs = 100_000;
        static double Loss(int epoch) => epoch == 77_777 ? 9 : 1.0 / epoch;
        var lines = Enumerable.Range(1, epochs)
            .Select(e => new JsonObject { ["event"] = "pass", ["epoch"] = e, ["dataset"] = "A", ["task_loss"] = Loss(e) });
        var charts = Chart().Matches(RunReport.Render(RunHistory.Of(lines))).Select(m => XElement.Parse(m.Value)).ToList();
        var chart = Assert.Single(charts);
        var points = ((string)Assert.Single(chart.Elements("polyline")).Attribute("points")!).Split(' ');
        Assert.InRange(points.Length, 400, ThinnedPoints.Most);
        Assert.Contains("from 1 at epoch 1 to 1E-05 at epoch 1E+05", chart.Element("desc")!.Value, StringComparison.Ordinal);
        // The peak is at the top of the chart, at its place.
        var top = points
            .Select(p => p.Split(',').Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray())
            .MinBy(p => p[1])!;
        Assert.InRange(top[0], 62 + (0.777 * 386), 62 + (0.778 * 386));
    }

    [Fact]
    public void Points_that_fit_are_all_there_and_those_beyond_keep_order_ends_and_extremes()
    {
        foreach (var count in (int[])[0, 1, 2, 512])
        {
            var all = Enumerable.Range(0, count).Select(i => ((double)i, (double)(i * 7919 % 101))).ToList();
            Assert.Equal(all, Thinned(all));
        }

        foreach (var count in (int[])[513, 1024, 1025, 9999, 100_000])
        {
            var all = Enumerable.Range(0, count).Select(i => ((double)i, (double)(i * 7919L % 100_003))).ToList();
            var kept = Thinned(all);
            Assert.InRange(kept.Count, 256, ThinnedPoints.Most);
            Assert.Equal(kept, kept.Intersect(all).OrderBy(p => p.Item1));
            Assert.Equal((all[0], all[^1]), (kept[0], kept[^1]));
            Assert.Equal((all.Min(p => p.Item2), all.Max(p => p.Item2)), (kept.Min(p => p.Y), kept.Max(p => p.Y)));
        }

        static List<(double X, double Y)> Thinned(IEnumerable<(double X, double Y)> all)
        {
            var points = new ThinnedPoints();
            points.Add(double.NaN, 1);
            foreach (var (x, y) in all) points.Add(x, y);
            return points.ToList();
        }
    }

    [Fact]
    public void Metrics_that_name_endless_datasets_give_a_page_of_the_first_ones()
    {
        var lines = Enumerable.Range(0, 20_000).SelectMany(i => new[]
        {
            new JsonObject { ["event"] = "pass", ["epoch"] = i, ["dataset"] = $"d{i}", ["task_loss"] = 1 },
            new JsonObject
            {
                ["event"] = "evaluation",
                ["epoch"] = i,
                ["dataset"] = $"d{i}",
                ["weights"] = "teacher",
                ["mean_auroc"] = 0.5,
                ["labels"] = new JsonArray(),
            },
        });
        var html = RunReport.Render(RunHistory.Of(lines));
        Assert.Contains($"accruing knowledge over {RunHistory.MaxNames} datasets", html, StringComparison.Ordinal);
        Assert.Contains($"the first {RunHistory.MaxNames} are shown", html, StringComparison.Ordinal);
        Assert.Contains("After epoch 19999", html, StringComparison.Ordinal);
        Assert.Contains(">d99<", html, StringComparison.Ordinal);
        Assert.DoesNotContain("d100", html, StringComparison.Ordinal);
        Assert.DoesNotContain("are shown", RunReport.Render(RunHistory.Of(Lines)), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_other_types_than_a_run_writes_are_passed_over()
    {
        const string odd = """
            {"event":7,"epoch":[1]}
            {"event":"pass","epoch":"x","dataset":"A","task_loss":1}
            {"event":"pass","epoch":1,"dataset":5,"task_loss":1}
            {"event":"pass","epoch":2,"dataset":"A","task_loss":"low"}
            {"event":"pass","epoch":3,"dataset":"A","task_loss":1e999}
            {"event":"evaluation","epoch":1,"dataset":"A","weights":{},"mean_auroc":1}
            {"event":"evaluation","epoch":1,"dataset":"A","weights":"teacher","labels":[7,{"name":[]}]}
            """;
        var html = RunReport.Render(RunHistory.Of(odd.Split('\n').Select(l => JsonNode.Parse(l)!.AsObject())));
        Assert.Contains("<th scope=\"row\">A<", html, StringComparison.Ordinal);
        Assert.Empty(Chart().Matches(html));
    }

    [Fact]
    public void A_run_reads_its_metrics_once_for_all_its_reports()
    {
        using var folder = new TemporaryFolder();
        using var directory = RunDirectory.Open(folder.PathOf("run"), resume: false);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            directory.AppendMetrics(new JsonObject
            {
                ["event"] = "pass",
                ["epoch"] = epoch,
                ["dataset"] = "A",
                ["task_loss"] = 0.1 * epoch,
            });
            directory.WriteReport();
            Assert.Equal(RunReport.Of(directory.FullPath), File.ReadAllText(directory.ReportPath));
        }

        // What is in the file now it would stumble over, if it read it again.
        var length = directory.MetricsLength;
        File.AppendAllText(directory.MetricsPath, "no JSON\n");
        directory.AppendMetrics(new JsonObject { ["event"] = "pass", ["epoch"] = 4, ["dataset"] = "A", ["task_loss"] = 0.4 });
        directory.WriteReport();
        Assert.Contains("After epoch 4", File.ReadAllText(directory.ReportPath), StringComparison.Ordinal);
        directory.TruncateMetrics(length);
        directory.WriteReport();
        Assert.Contains("After epoch 3", File.ReadAllText(directory.ReportPath), StringComparison.Ordinal);
    }

    private static string Refusal(string path) => Assert.Throws<ArkInputException>(() => RunMetrics.Read(path).Count()).Message;

    [GeneratedRegex("https?:|//[a-z]|<link|<img|@import|url\\(|src=", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex ExternalReference();

    [GeneratedRegex("<svg viewBox=\"0 0 [0-9]+ [0-9]+\" role=.*?</svg>", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Chart();

    [Theory]
    [InlineData("metrics.jsonl", "{\"event\":\"pass\",\"event\":\"pass\"}\n", "line 1")]
    [InlineData("metrics.jsonl", "{\"event\":\"pass\"}\n[1]\n", "line 2")]
    [InlineData("config.json", "[]", "configuration")]
    [InlineData("config.json", "{\"kind\":\"segmentation\",\"datasets\":[]}", "configuration")]
    [InlineData("config.json", "{\"kind\":\"segmentation\",\"datasets\":{}}", "configuration")]
    [InlineData("config.json", "{\"options\":{\"epochs\":[]}}", "configuration")]
    [InlineData("config.json", "{\"options\":7}", "configuration")]
    [InlineData("config.json", "{\"a\":1,\"a\":2}", "configuration")]
    public void Values_of_the_wrong_type_are_refused_by_file_and_line(string name, string content, string place)
    {
        using var folder = new TemporaryFolder();
        folder.Write("metrics.jsonl", "{\"event\":\"pass\",\"epoch\":1,\"dataset\":\"d\"}\n");
        folder.Write(name, content);
        var error = Assert.Throws<ArkInputException>(() => RunReport.Of(folder.PathOf("")));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"event\":7,\"epoch\":\"x\",\"dataset\":[]}")]
    [InlineData("{\"event\":\"pass\",\"epoch\":1e999,\"dataset\":\"d\",\"task_loss\":1e999}")]
    [InlineData("{\"event\":\"evaluation\",\"weights\":\"teacher\",\"dataset\":\"d\",\"labels\":{},\"mean_auroc\":[]}")]
    [InlineData("{\"event\":\"evaluation\",\"weights\":\"teacher\",\"dataset\":\"d\",\"labels\":[{\"name\":7,\"auroc\":{}}]}")]
    public void Figures_that_are_none_are_left_out(string line)
    {
        using var folder = new TemporaryFolder();
        folder.Write("metrics.jsonl", line + "\n");
        Assert.DoesNotContain("Infinity", RunReport.Of(folder.PathOf("")), StringComparison.Ordinal);
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ark.Training;

namespace Ark.Tests.Watching;

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
        var html = RunReport.Render(Lines);
        Assert.DoesNotMatch(ExternalReference(), html);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("prefers-color-scheme:dark", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_written_as_text()
    {
        var html = RunReport.Render(Lines);
        Assert.Contains("A&lt;b&gt;&amp;&quot;", html, StringComparison.Ordinal);
        Assert.Contains("x&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_chart_is_well_formed_and_has_a_title_and_a_description()
    {
        var charts = Chart().Matches(RunReport.Render(Lines)).Select(m => XElement.Parse(m.Value)).ToList();
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
        var html = RunReport.Render(Lines, JsonNode.Parse("""{"options":{"epochs":"7","init":null}}""")!.AsObject());
        Assert.Contains("<td>40<td>0.550<td>0.600<td class=\"best\">0.650<td>0.400<td>–", html, StringComparison.Ordinal);
        Assert.Contains("<td>0<td>40<td>0.600<td class=\"best\">–", html, StringComparison.Ordinal);
        Assert.Contains("After epoch 2 of 7", html, StringComparison.Ordinal);
        Assert.Contains("init<td>default", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_only_begun_has_a_report() => Assert.Contains("<h1>", RunReport.Render([]), StringComparison.Ordinal);

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
            Assert.Equal(2, RunMetrics.Read(path).Count);
            File.WriteAllText(path, "{\"epoch\":1}\n[2]\n");
            Assert.Contains("line 2", Assert.Throws<ArkInputException>(() => RunMetrics.Read(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [GeneratedRegex("https?:|//[a-z]|<link|<img|@import|url\\(|src=", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex ExternalReference();

    [GeneratedRegex("<svg viewBox=\"0 0 [0-9]+ [0-9]+\" role=.*?</svg>", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Chart();
}

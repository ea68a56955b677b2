using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Inference;

namespace Ark.Tests.Inference;

public sealed class CalibrationFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("heads/0/method", "\"5\"", "key 'method': is '5'")]
    [InlineData("heads/0/method", "\"temperature, isotonic\"", "key 'method'")]
    [InlineData("heads/0/method", "5", "key 'method': is no text")]
    [InlineData("heads/0/task", "\"0\"", "key 'task': is '0'")]
    [InlineData("weights", "\"1\"", "key 'weights': is '1'")]
    [InlineData("heads", "{}", "key 'heads': is no list")]
    [InlineData("heads/0", "7", "key 'heads': has a value 1 that is no object")]
    [InlineData("heads/0/labels/0/temperature", "1e-320", "label 'x', key 'temperature'")]
    [InlineData("heads/0/labels/0/temperature", "1e999", "label 'x', key 'temperature': is no number in range")]
    [InlineData("heads/0/labels/0/temperature", "\"1\"", "label 'x', key 'temperature': is no number in range")]
    [InlineData("heads/0/labels/0/offset", "1e999", "label 'x', key 'offset': is no number in range")]
    [InlineData("heads/0/labels/0/offset", "-1e300", "label 'x', key 'offset'")]
    [InlineData("heads/0/labels/0/positives", "1.5", "key 'positives': is no count")]
    [InlineData("heads/0/labels/0/positives", "-1", "key 'positives': is no count")]
    [InlineData("heads/0/labels/0/ece_before", "1e999", "key 'ece_before'")]
    [InlineData("heads/0/labels/0/operating_points", "[{\"kind\":\"k\"}]", "operating point 1, key 'target': is missing")]
    public void A_value_that_cannot_be_is_refused_by_file_and_key(string place, string value, string problem)
    {
        var path = Write(place, value);
        var error = Assert.Throws<ArkInputException>(() => Calibration.Load(path));
        Assert.Contains("c.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("heads/0/method", "\"TEMPERATURE\"")]
    [InlineData("checkpoint", "null")]
    [InlineData("heads/0/labels/0/ece_before", "null")]
    [InlineData("heads/0/labels/0/temperature", "0.001")]
    public void What_was_read_before_is_read(string place, string value) => Assert.Single(Calibration.Load(Write(place, value)).Heads);

    [Fact]
    public void A_key_that_stands_twice_is_refused()
    {
        var path = _folder.Write("c.json", "{\"format\":\"ark-calibration\",\"format\":\"ark-calibration\"}");
        Assert.Contains("c.json", Assert.Throws<ArkInputException>(() => Calibration.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("checkpoint", "\"\\ud800\"")]
    [InlineData("heads/0/name", "\"\\udc00\\ud800\"")]
    public void A_text_that_is_no_Unicode_is_refused(string place, string value)
    {
        var path = Write(place, value);
        Assert.Contains("c.json", Assert.Throws<ArkInputException>(() => Calibration.Load(path)).Message, StringComparison.Ordinal);
    }

    private string Write(string place, string value)
    {
        // Numbers beyond all ranges are texts first, or JSON's own types would not keep them.
        var root = JsonNode.Parse("""
            {"format":"ark-calibration","version":1,"checkpoint":"","weights":"teacher","heads":[{"name":"h","method":"temperature",
            "task":"Binary","fitted_on":"","measured_on":"","labels":[{"name":"x","temperature":1,"offset":0,"positives":1,"negatives":1,
            "ece_before":null,"ece_after":null,"ece_by_chance":null,"operating_points":[]}]}]}
            """)!;
        var keys = place.Split('/');
        var parent = keys[..^1].Aggregate(
            root, (node, key) => int.TryParse(key, CultureInfo.InvariantCulture, out var index) ? node[index]! : node[key]!);
        if (int.TryParse(keys[^1], CultureInfo.InvariantCulture, out var last)) parent[last] = "HERE";
        else parent[keys[^1]] = "HERE";
        return _folder.Write("c.json", root.ToJsonString().Replace("\"HERE\"", value, StringComparison.Ordinal));
    }
}

using System.Text;
using Ark.Training;

namespace Ark.Tests.Training;

public sealed class RunMetricsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', (byte)'\\', (byte)'u', (byte)'d', (byte)'8', (byte)'0', (byte)'0', (byte)'"' })]
    public void A_text_that_is_no_Unicode_is_refused_by_its_line(byte[] text)
    {
        var path = _folder.Write("metrics.jsonl", "");
        File.WriteAllBytes(path, [.. "{\"event\":\"pass\"}\n{\"event\":"u8, .. text, .. "}\n"u8]);
        var error = Assert.Throws<ArkInputException>(() => RunHistory.Of(RunMetrics.Read(path)));
        Assert.Contains("metrics.jsonl, line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_any_language_is_read()
    {
        var path = _folder.Write("metrics.jsonl", "");
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes("{\"event\":\"pass\",\"dataset\":\"胸部\",\"epoch\":1}\n"));
        Assert.Equal(["胸部"], RunHistory.Of(RunMetrics.Read(path)).Datasets());
    }
}

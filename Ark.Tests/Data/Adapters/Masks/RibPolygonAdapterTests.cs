using Ark.Data;

namespace Ark.Tests.Data;

public sealed class RibPolygonAdapterTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public RibPolygonAdapterTests() => _folder.AddImages("a.png");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"img":{"0":"a.png\ud800"},"R1":{"0":null}}""")]
    [InlineData("""{"img":{"\ud800":"a.png"},"R1":{"0":null}}""")]
    [InlineData("""{"img":{"0":"a.png"},"R1":{"0":"\udc00"}}""")]
    public async Task A_text_that_is_no_Unicode_is_refused(string json)
    {
        var definition = _folder.Definition("vindr-ribcxr", _folder.Write("ribs.json", json), LabelTask.MultiLabel, ["R1"]);
        var error = await Assert.ThrowsAsync<ArkInputException>(
            async () => await new RibPolygonAdapter(definition).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        Assert.Contains("ribs.json", error.Message, StringComparison.Ordinal);
    }
}

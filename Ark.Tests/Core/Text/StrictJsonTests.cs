using System.Text;
using System.Text.Json;

namespace Ark.Tests.Core;

public class StrictJsonTests
{
    public static TheoryData<byte[]> Refused =>
    [
        Encoding.UTF8.GetBytes("""{"a":"\ud800"}"""),
        Encoding.UTF8.GetBytes("""{"a":["\udc00\ud800"]}"""),
        Encoding.UTF8.GetBytes("""{"\ud800":1}"""),
        (byte[])[.. "{\"a\":\""u8, 0xFF, .. "\"}"u8],
        (byte[])[.. "{\""u8, 0xED, 0xA0, 0x80, .. "\":1}"u8],
        Encoding.UTF8.GetBytes("""{"a":1,"a":2}"""),
        Encoding.UTF8.GetBytes("""{"a":1,"\u0061":2}"""),
        Encoding.UTF8.GetBytes("{"),
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Texts_that_are_no_Unicode_and_names_that_stand_twice_are_refused_when_it_is_parsed(byte[] json)
    {
        Assert.ThrowsAny<JsonException>(() => StrictJson.Document(json).Dispose());
        Assert.ThrowsAny<JsonException>(() => StrictJson.Node(json));
    }

    [Fact]
    public void Text_beyond_ASCII_and_a_mark_in_front_are_read()
    {
        byte[] json = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes("""{"层":"\ud83d\ude00 é"}""")];
        Assert.Equal("\ud83d\ude00 é", (string?)StrictJson.Node(json)!["层"]);
        using var document = StrictJson.Document(json);
        Assert.Equal("\ud83d\ude00 é", document.RootElement.GetProperty("层").GetString());
    }

    [Fact]
    public void Values_inside_one_another_are_limited()
    {
        var json = Encoding.UTF8.GetBytes("[[[1]]]");
        StrictJson.Document(json, maxDepth: 3).Dispose();
        Assert.ThrowsAny<JsonException>(() => StrictJson.Document(json, maxDepth: 2).Dispose());
    }
}

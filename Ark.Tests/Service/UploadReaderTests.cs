using Ark.Service;
using Microsoft.AspNetCore.Http;

namespace Ark.Tests.Service;

/// <summary>Bodies of every length, declared or not; what comes over HTTP is tested at the endpoints.</summary>
public class UploadReaderTests
{
    private const int Most = 300_000;
    private static readonly ServiceLimits Limits = new() { MaxUploadBytes = Most };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(64 << 10)]
    [InlineData((64 << 10) + 1)]
    [InlineData(256 << 10)]
    [InlineData(Most)]
    public async Task A_body_arrives_whole_whether_its_length_is_declared_or_not(int length)
    {
        var sent = TestPng.Noise(length, 3);
        foreach (var declared in (long?[])[length, null])
        {
            Assert.Equal(sent, await Read(sent, declared));
        }
    }

    [Fact]
    public async Task One_byte_too_many_is_refused_whether_it_is_declared_or_not()
    {
        foreach (var declared in (long?[])[Most + 1, null])
        {
            var refused = await Assert.ThrowsAsync<UploadException>(() => Read(new byte[Most + 1], declared));
            Assert.Equal(StatusCodes.Status413PayloadTooLarge, refused.StatusCode);
        }
    }

    [Fact]
    public async Task An_upload_takes_room_for_what_has_arrived_and_not_for_what_is_announced()
    {
        var budget = new UploadBudget(long.MaxValue);
        using var room = budget.Lend();
        var context = new DefaultHttpContext();
        context.Request.ContentLength = 50 << 20;
        context.Request.Body = new MemoryStream(new byte[1000]);
        Assert.Equal(1000, (await UploadReader.ReadAsync(context.Request, new ServiceLimits(), room, Token)).Length);
        Assert.InRange(room.Held, 1000, 64 << 10);
    }

    private static async Task<byte[]> Read(byte[] body, long? declared)
    {
        using var room = new UploadBudget(long.MaxValue).Lend();
        var context = new DefaultHttpContext();
        context.Request.ContentLength = declared;
        context.Request.Body = new MemoryStream(body);
        return await UploadReader.ReadAsync(context.Request, Limits, room, Token);
    }
}

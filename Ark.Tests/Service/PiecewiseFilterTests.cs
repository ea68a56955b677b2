using Ark.Service;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Ark.Tests.Service;

/// <summary>Answers whose time is over before they are sent.</summary>
public class PiecewiseFilterTests
{
    [Fact]
    public async Task An_answer_whose_time_is_over_before_it_is_sent_leaves_room_for_another()
    {
        var filter = new PiecewiseFilter(Options.Create(new JsonOptions()));
        var context = new DefaultHttpContext { RequestAborted = new CancellationToken(canceled: true) };
        context.Response.Body = new MemoryStream();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await filter.InvokeAsync(
            EndpointFilterInvocationContext.Create(context), _ => ValueTask.FromResult<object?>(new { Picture = "all of it" })));
        // A length that nothing keeps would make the server fail instead.
        Assert.Null(context.Response.ContentLength);
    }
}

using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Ark.Service;

/// <summary>
/// Sends an answer with pictures in pieces. At once, a megabyte of it would lie in the runtime's and the server's pools of buffers for
/// every caller, and stay there when nobody asks any more.
/// </summary>
internal sealed class PiecewiseFilter(IOptions<JsonOptions> json) : IEndpointFilter
{
    private const int Piece = 16 << 10;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var answer = await next(context);
        if (answer is null or IResult) return answer;
        await SendAsync(context.HttpContext.Response, Written(answer), context.HttpContext.RequestAborted);
        return Results.Empty;
    }

    // Not JsonSerializer.SerializeToUtf8Bytes, which writes into the runtime's pool first.
    private ReadOnlyMemory<byte> Written(object answer)
    {
        var options = json.Value.SerializerOptions;
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = options.Encoder });
        JsonSerializer.Serialize(writer, answer, answer.GetType(), options);
        return buffer.WrittenMemory;
    }

    private static async Task SendAsync(HttpResponse response, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = text.Length;
        try
        {
            for (var at = 0; at < text.Length; at += Piece)
                await response.Body.WriteAsync(text.Slice(at, Math.Min(Piece, text.Length - at)), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller has gone, as Results.Json bears it. If nothing has been sent the time may be over, and another answer takes its
            // place.
            if (response.HasStarted) return;
            response.ContentLength = null;
            throw;
        }
    }
}

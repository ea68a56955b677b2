using System.Diagnostics;

namespace Ark.Service;

/// <summary>
/// Turns what cannot be used into answers that a person can read, and logs how each request went: never a picture, a name or anything that
/// a file holds.
/// </summary>
internal sealed partial class RefusalFilter(ILogger<RefusalFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var operation = http.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "request";
        var started = Stopwatch.GetTimestamp();
        Answer answer = new("answered", StatusCodes.Status200OK);
        try
        {
            return await next(context);
        }
        catch (UploadException e)
        {
            answer = new("refused", e.StatusCode, e.Message);
            // The rest of the upload is not wanted.
            http.Response.Headers.Connection = "close";
            return Results.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (BadHttpRequestException e)
        {
            answer = new("refused", e.StatusCode, e.Message);
            return Results.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (ArkInputException e)
        {
            // Neither the place nor the mend: they may repeat what the query asks for.
            answer = new("refused", StatusCodes.Status422UnprocessableEntity, e.Problem);
            return Results.Problem(Sentence(e), statusCode: answer.Status);
        }
        catch (OperationCanceledException)
        {
            answer = new("given up", StatusCodes.Status503ServiceUnavailable);
            throw;
        }
        catch (Exception)
        {
            answer = new("failed", StatusCodes.Status500InternalServerError);
            throw;
        }
        finally
        {
            var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (answer.Reason is null) LogRequest(operation, answer.Outcome, answer.Status, milliseconds);
            else LogRefused(operation, answer.Status, milliseconds, answer.Reason);
        }
    }

    private static string Sentence(ArkInputException e)
    {
        var problem = e.Problem.StartsWith("the ", StringComparison.Ordinal)
            ? $"T{e.Problem[1..]}"
            : $"The {(e.Place is { } place ? place : "file")} {e.Problem}";
        // Mends of the image decoder speak to who runs the service.
        return e.InputSource == ModelEndpoints.ImageName || e.Hint is null ? $"{problem}." : $"{problem}. {e.Hint}";
    }

    [LoggerMessage(1, LogLevel.Information, "{Operation} {Outcome} ({Status}) after {Milliseconds:F0} ms")]
    private partial void LogRequest(string operation, string outcome, int status, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "{Operation} refused ({Status}) after {Milliseconds:F0} ms: {Reason}")]
    private partial void LogRefused(string operation, int status, double milliseconds, string reason);

    private sealed record Answer(string Outcome, int Status, string? Reason = null);
}

using System.Diagnostics;

namespace Ark.Service;

/// <summary>Turns what cannot be used into answers that a person can read, and logs how each request went: never a picture, a name or anything that a file holds.</summary>
internal sealed partial class RefusalFilter(ILogger<RefusalFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var operation = http.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "request";
        var started = Stopwatch.GetTimestamp();
        var outcome = "answered";
        try
        {
            return await next(context);
        }
        catch (UploadException e)
        {
            outcome = "refused";
            // The rest of the upload is not wanted.
            http.Response.Headers.Connection = "close";
            return Results.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (BadHttpRequestException e)
        {
            outcome = "refused";
            return Results.Problem(e.Message, statusCode: e.StatusCode);
        }
        catch (ArkInputException e)
        {
            outcome = "refused";
            return Results.Problem(Sentence(e), statusCode: StatusCodes.Status422UnprocessableEntity);
        }
        catch (OperationCanceledException)
        {
            outcome = "given up";
            throw;
        }
        catch (Exception)
        {
            outcome = "failed";
            throw;
        }
        finally
        {
            LogRequest(operation, outcome, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static string Sentence(ArkInputException e)
    {
        var problem = e.Problem.StartsWith("the ", StringComparison.Ordinal) ? $"T{e.Problem[1..]}" : $"The {(e.Place is { } place ? place : "file")} {e.Problem}";
        // Mends of the image decoder speak to who runs the service.
        return e.InputSource == ModelEndpoints.ImageName || e.Mend is null ? $"{problem}." : $"{problem}. {e.Mend}";
    }

    [LoggerMessage(1, LogLevel.Information, "{Operation} {Outcome} after {Milliseconds:F0} ms")]
    private partial void LogRequest(string operation, string outcome, double milliseconds);
}

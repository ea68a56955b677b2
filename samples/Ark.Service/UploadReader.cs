using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Ark.Service;

/// <summary>
/// Reads the picture of a request into memory: the body itself, or the first file of a form. Never onto disk, and never more than is
/// allowed. Neither the file's name nor any other field is looked at.
/// </summary>
internal static class UploadReader
{
    public static async Task<byte[]> ReadAsync(HttpRequest request, ServiceLimits limits, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limits.MaxUploadBytes + (long)Slack(request)) throw TooLarge(limits);
        if (!request.HasFormContentType) return await ReadAsync(request.Body, request.ContentLength, limits, cancellationToken);
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value
            ?? throw new UploadException(
                StatusCodes.Status415UnsupportedMediaType, "Send the picture as the body, or as the file of a multipart form.");
        try
        {
            var reader = new MultipartReader(boundary, request.Body) { BodyLengthLimit = null };
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.GetContentDispositionHeader()?.IsFileDisposition() == true)
                    return await ReadAsync(section.Body, request.ContentLength, limits, cancellationToken);
            }
        }
        catch (Exception e) when (e is (IOException and not BadHttpRequestException) or InvalidDataException or ArgumentException)
        {
            // Cut off, without its boundary, or with headers that are none.
            throw new UploadException(StatusCodes.Status400BadRequest, "The form is damaged or ends early.");
        }

        throw new UploadException(StatusCodes.Status400BadRequest, "The form has no file.");
    }

    // What a form adds to its file.
    private static int Slack(HttpRequest request) => request.HasFormContentType ? 64 << 10 : 0;

    private static async Task<byte[]> ReadAsync(Stream body, long? expected, ServiceLimits limits, CancellationToken cancellationToken)
    {
        // Of the right length at once, where it is declared; not from the shared pool, which would keep it.
        var buffer = new byte[(int)Math.Clamp(expected ?? (1 << 20), Math.Min(1 << 12, limits.MaxUploadBytes), limits.MaxUploadBytes)];
        var count = 0;
        while (true)
        {
            if (count == buffer.Length)
            {
                // One byte more tells whether that was all.
                var next = new byte[1];
                if (await body.ReadAsync(next, cancellationToken) == 0) break;
                if (count >= limits.MaxUploadBytes) throw TooLarge(limits);
                Array.Resize(ref buffer, (int)Math.Min(2L * count, limits.MaxUploadBytes));
                buffer[count++] = next[0];
                continue;
            }

            var read = await body.ReadAsync(buffer.AsMemory(count), cancellationToken);
            if (read == 0) break;
            count += read;
        }

        if (count == 0) throw new UploadException(StatusCodes.Status400BadRequest, "The request has no picture.");
        Array.Resize(ref buffer, count);
        return buffer;
    }

    private static UploadException TooLarge(ServiceLimits limits) =>
        new(
            StatusCodes.Status413PayloadTooLarge,
            $"The file is larger than {limits.MaxUploadBytes / (1024.0 * 1024):0.#} MB, the most that this service takes.");
}

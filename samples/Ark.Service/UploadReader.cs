using System.Buffers;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Ark.Service;

/// <summary>
/// Reads the picture of a request into memory: the body itself, or the first file of a form. Never onto disk, and never more than is allowed. Neither the file's name nor any other
/// field is looked at.
/// </summary>
internal static class UploadReader
{
    public static async Task<byte[]> ReadAsync(HttpRequest request, ServiceLimits limits, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limits.MaxUploadBytes + (long)Slack(request)) throw TooLarge(limits);
        if (!request.HasFormContentType) return await ReadAsync(request.Body, request.ContentLength, limits, cancellationToken);
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value
            ?? throw new UploadException(StatusCodes.Status415UnsupportedMediaType, "Send the picture as the body, or as the file of a multipart form.");
        try
        {
            var reader = new MultipartReader(boundary, request.Body) { BodyLengthLimit = null };
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.GetContentDispositionHeader()?.IsFileDisposition() == true) return await ReadAsync(section.Body, request.ContentLength, limits, cancellationToken);
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
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(expected ?? (1 << 20), Math.Min(1 << 12, limits.MaxUploadBytes), limits.MaxUploadBytes));
        try
        {
            var count = 0;
            while (true)
            {
                if (count == buffer.Length)
                {
                    if (count > limits.MaxUploadBytes) throw TooLarge(limits);
                    var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * count, limits.MaxUploadBytes + 1L));
                    buffer.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await body.ReadAsync(buffer.AsMemory(count), cancellationToken);
                if (read == 0) break;
                count += read;
            }

            if (count > limits.MaxUploadBytes) throw TooLarge(limits);
            return count == 0 ? throw new UploadException(StatusCodes.Status400BadRequest, "The request has no picture.") : buffer.AsSpan(0, count).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static UploadException TooLarge(ServiceLimits limits) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The file is larger than {limits.MaxUploadBytes / (1024.0 * 1024):0.#} MB, the most that this service takes.");
}

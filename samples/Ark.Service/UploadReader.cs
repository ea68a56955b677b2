using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Ark.Service;

/// <summary>
/// Reads the picture of a request into memory: the body itself, or the first file of a form. Never onto disk, and never more than is
/// allowed. Neither the file's name nor what another field holds is looked at.
/// </summary>
internal static class UploadReader
{
    // Of a form before its file: other fields, with their headers.
    private const int MaxFormBytes = 2 << 20;

    // Memory grows with what arrives, in steps from this one: who announces much and sends little takes little.
    private const int FirstStep = 64 << 10;
    private const int Growth = 4;

    /// <summary>Bytes of a whole body; beside the file a form has fields, and a chunked body the sizes of its chunks.</summary>
    public static long MaxBodyBytes(ServiceLimits limits) =>
        limits.MaxUploadBytes + (limits.MaxUploadBytes / 8L) + (2 * MaxFormBytes);

    public static async Task<byte[]> ReadAsync(
        HttpRequest request, ServiceLimits limits, UploadRoom room, CancellationToken cancellationToken)
    {
        var isForm = request.HasFormContentType;
        var most = limits.MaxUploadBytes + (isForm ? 2L * MaxFormBytes : 0);
        if (request.ContentLength > most) throw TooLarge("file", limits.MaxUploadBytes);
        try
        {
            return isForm
                ? await ReadFormAsync(request, limits, room, cancellationToken)
                : await ReadPictureAsync(request.Body, request.ContentLength, limits, room, cancellationToken);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge("request", MaxBodyBytes(limits));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            throw new UploadException(
                e.StatusCode,
                $"The upload came slower than {limits.MinUploadBytesPerSecond} bytes a second, the least that this service waits for.");
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // A chunk whose size is no number that there is, or a caller who has gone.
            throw new UploadException(StatusCodes.Status400BadRequest, "The body of the request is damaged or ends early.");
        }
    }

    private static async Task<byte[]> ReadFormAsync(
        HttpRequest request, ServiceLimits limits, UploadRoom room, CancellationToken cancellationToken)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value
            ?? throw new UploadException(
                StatusCodes.Status415UnsupportedMediaType, "Send the picture as the body, or as the file of a multipart form.");
        try
        {
            var body = new FormStream(request.Body, MaxFormBytes);
            // The reader's own limit would be one for all sections, the file too.
            var reader = new MultipartReader(boundary, body) { BodyLengthLimit = null };
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (section.GetContentDispositionHeader()?.IsFileDisposition() != true) continue;
                body.FileFound = true;
                return await ReadPictureAsync(section.Body, request.ContentLength, limits, room, cancellationToken);
            }
        }
        catch (Exception e) when (e is (IOException and not BadHttpRequestException) or InvalidDataException or ArgumentException)
        {
            // Cut off, without its boundary, or with headers that are none.
            throw new UploadException(StatusCodes.Status400BadRequest, "The form is damaged or ends early.");
        }

        throw new UploadException(StatusCodes.Status400BadRequest, "The form has no file.");
    }

    private static async Task<byte[]> ReadPictureAsync(
        Stream body, long? expected, ServiceLimits limits, UploadRoom room, CancellationToken cancellationToken)
    {
        // What is declared is the end of growing, so that an array of that length need not be cut; not from the shared pool, which would
        // keep it.
        var most = (int)Math.Clamp(expected ?? limits.MaxUploadBytes, 1, limits.MaxUploadBytes);
        var buffer = Array.Empty<byte>();
        var count = 0;
        while (true)
        {
            if (count == most)
            {
                // One byte more tells whether that was all.
                if (await body.ReadAsync(new byte[1], cancellationToken) == 0) break;
                throw TooLarge("file", limits.MaxUploadBytes);
            }

            if (count == buffer.Length)
            {
                var length = (int)Math.Min(most, Math.Max(FirstStep, (long)Growth * count));
                await room.TakeAsync(length - buffer.Length, cancellationToken);
                Array.Resize(ref buffer, length);
            }

            var read = await body.ReadAsync(buffer.AsMemory(count), cancellationToken);
            if (read == 0) break;
            count += read;
        }

        if (count == 0) throw new UploadException(StatusCodes.Status400BadRequest, "The request has no picture.");
        Array.Resize(ref buffer, count);
        return buffer;
    }

    private static UploadException TooLarge(string what, long most) =>
        new(
            StatusCodes.Status413PayloadTooLarge,
            $"The {what} is larger than {most / (1024.0 * 1024):0.#} MB, the most that this service takes.");
}

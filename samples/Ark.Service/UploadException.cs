namespace Ark.Service;

/// <summary>A request that is refused before its picture is looked at.</summary>
internal sealed class UploadException(int statusCode, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;
}

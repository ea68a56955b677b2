namespace Ark.Service;

/// <summary>A picture that has arrived whole, and its turn with the networks; the end of it lets the next one in.</summary>
internal sealed class Upload(byte[] bytes, UploadRoom room, SemaphoreSlim turns) : IDisposable
{
    public byte[] Bytes { get; } = bytes;

    public void Dispose()
    {
        turns.Release();
        room.Dispose();
    }
}

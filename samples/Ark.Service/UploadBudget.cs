namespace Ark.Service;

/// <summary>
/// How many bytes of uploads are in memory at a time. An upload counts with what has arrived of it, not with what it says: whoever only
/// announces a large one takes no room from others. One that finds no room is not read on until there is some; the oldest is always read
/// on, so that they never wait for each other. Thread-safe.
/// </summary>
/// <param name="most">The budget, in bytes.</param>
internal sealed class UploadBudget(long most)
{
    private readonly Lock _lock = new();

    // The oldest first.
    private readonly LinkedList<UploadRoom> _rooms = [];
    private long _held;

    /// <summary>Begins an upload; the end of its room gives back what it took.</summary>
    public UploadRoom Lend()
    {
        var room = new UploadRoom(this);
        lock (_lock) _rooms.AddLast(room);
        return room;
    }

    internal async ValueTask TakeAsync(UploadRoom room, long bytes, CancellationToken cancellationToken)
    {
        TaskCompletionSource admitted;
        lock (_lock)
        {
            if (HasRoom(room, bytes))
            {
                Hold(room, bytes);
                return;
            }

            admitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            room.Wanted = (bytes, admitted);
        }

        // Who gives up while waiting ends its room, and with that its wish.
        await admitted.Task.WaitAsync(cancellationToken);
    }

    internal void Give(UploadRoom room)
    {
        lock (_lock)
        {
            if (!_rooms.Remove(room)) return;
            _held -= room.Held;
            foreach (var other in _rooms)
            {
                if (other.Wanted is not var (bytes, admitted) || !HasRoom(other, bytes)) continue;
                other.Wanted = null;
                Hold(other, bytes);
                admitted.SetResult();
            }
        }
    }

    private bool HasRoom(UploadRoom room, long bytes) => _rooms.First!.Value == room || _held + bytes <= most;

    private void Hold(UploadRoom room, long bytes)
    {
        room.Held += bytes;
        _held += bytes;
    }
}

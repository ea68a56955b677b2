namespace Ark;

/// <summary>A moment of a longer piece of work, for a person or a monitor to see.</summary>
/// <param name="What">What is being done: <c>embedding</c>, <c>reading val</c>.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all.</param>
public sealed record WorkProgress(string What, long Done, long Total)
{
    /// <summary>A line that deserves attention, such as an image that was left out.</summary>
    public string? Warning { get; init; }
}

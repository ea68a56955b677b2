namespace Ark;

/// <summary>Reads or verifies many storages on all cores: copying, page faults and checksums cost more than the file system does.</summary>
internal static class ParallelReading
{
    // Below this, starting threads costs more than it saves.
    private const long WorthThreads = 8L << 20;

    /// <summary>Does something with each item; the first refusal comes out as itself.</summary>
    /// <typeparam name="T">The items' type.</typeparam>
    public static void ForEach<T>(IReadOnlyCollection<T> items, Func<T, long> bytes, Action<T> read)
    {
        if (items.Sum(bytes) < WorthThreads)
        {
            foreach (var item in items) read(item);
            return;
        }

        try
        {
            Parallel.ForEach(items, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 8) }, read);
        }
        catch (AggregateException e)
        {
            // Which of several faults is met first is chance; the caller needs one.
            throw e.InnerExceptions.OfType<CheckpointException>().FirstOrDefault() ?? e.InnerExceptions[0];
        }
    }
}

using TorchSharp;

namespace Ark.Tests;

/// <summary>
/// Counts tensors of this thread alone, so that tests which run beside change nothing. What a finalizer frees is counted elsewhere: what
/// was forgotten stays counted here.
/// </summary>
internal static class LiveTensors
{
    /// <summary>How many tensors an action leaves behind.</summary>
    public static long LeftBy(Action action)
    {
        // What is made once for the process is made now.
        action();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        action();
        return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
    }

    /// <summary>Asserts that making something throws and leaves no tensor.</summary>
    /// <param name="make">Makes it; its parts are tensors.</param>
    /// <returns>What was thrown.</returns>
    public static T AssertNoneLeft<T>(Func<IDisposable> make)
        where T : Exception
    {
        T? thrown = null;
        Assert.Equal(0, LeftBy(() => thrown = Assert.ThrowsAny<T>(() => make().Dispose())));
        return thrown!;
    }
}

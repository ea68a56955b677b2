using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>
/// The threads on which all engines of the process compute: one pass at a time, each on as many of them as it asks for, so that several engines and callers together
/// never ask for more cores than one of them alone. Every thread of a pass runs the same function; they share out the pieces of a phase and meet between phases.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The one team lives as long as the process.")]
internal sealed class WorkerTeam
{
    /// <summary>Spinning longer than this means that the other thread does not run: its core is given back meanwhile.</summary>
    private const int SpinsBeforeYield = 1_000;

    private readonly Lock _oneAtATime = new();
    private readonly Lock _starting = new();
    private readonly List<SemaphoreSlim> _starts = [];
    private readonly SemaphoreSlim _finished = new(0);
    private Action<Worker>? _body;
    private ExceptionDispatchInfo? _failure;
    private int _count;
    private int _running;
    private int _waiting;
    private volatile int _phase;
    private int _next;

    public static WorkerTeam Shared { get; } = new();

    /// <summary>Runs a function on several threads at once and returns when all have left it.</summary>
    /// <param name="count">How many threads.</param>
    /// <param name="body">What each runs. All must pass the same phases.</param>
    public void Run(int count, Action<Worker> body)
    {
        lock (_oneAtATime)
        {
            while (_starts.Count < count) Add();
            (_body, _count, _running, _waiting, _next, _failure) = (body, count, count, 0, 0, null);
            for (var i = 0; i < count; i++) _starts[i].Release();
            _finished.Wait();
            _body = null;
            _failure?.Throw();
        }
    }

    private void Add()
    {
        var start = new SemaphoreSlim(0);
        var worker = new Worker(this, _starts.Count);
        _starts.Add(start);
        new Thread(() => Serve(start, worker)) { IsBackground = true, Name = $"Ark inference {worker.Index}" }.Start();
    }

    private void Serve(SemaphoreSlim start, Worker worker)
    {
        while (true)
        {
            start.Wait();
            try
            {
                _body!(worker);
            }
            catch (Exception e)
            {
                lock (_starting) _failure ??= ExceptionDispatchInfo.Capture(e);
            }

            if (Interlocked.Decrement(ref _running) == 0) _finished.Release();
        }
    }

    /// <summary>One thread's place in the team.</summary>
    internal sealed class Worker(WorkerTeam team, int index)
    {
        public int Index => index;

        /// <summary>How many threads share the pass.</summary>
        public int Count => team._count;

        /// <summary>Takes the next piece of the phase, or a number past its end.</summary>
        public int Next() => Interlocked.Increment(ref team._next) - 1;

        /// <summary>Waits until every thread has finished the phase, and begins the next one.</summary>
        public void Meet()
        {
            var phase = team._phase;
            if (Interlocked.Increment(ref team._waiting) == team._count)
            {
                team._waiting = 0;
                team._next = 0;
                team._phase = phase + 1;
                return;
            }

            for (var spins = 0; team._phase == phase; spins++)
            {
                if (team._failure is not null) throw new OperationCanceledException("Another thread of the pass failed.");
                if (spins < SpinsBeforeYield && X86Base.IsSupported) X86Base.Pause();
                else Thread.Yield();
            }
        }
    }
}

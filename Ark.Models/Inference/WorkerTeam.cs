using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Ark.Models;

/// <summary>
/// The threads on which all engines of the process compute: one pass at a time, each on as many of them as it asks for, the caller's own
/// among them, so that several engines and callers together never ask for more cores than one of them alone. Every thread of a pass runs
/// the same function; they share out the pieces of a phase and meet between phases.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The one team lives as long as the process.")]
internal sealed class WorkerTeam
{
    /// <summary>
    /// Phases are shared out in small pieces, so threads that all run finish within microseconds of each other. Who waits longer waits for
    /// a thread that has no core, and sleeps, so that it can get one.
    /// </summary>
    private const int SpinsBeforeSleep = 1_000;

    private readonly Lock _oneAtATime = new();
    private readonly object _meeting = new();
    private readonly List<SemaphoreSlim> _starts = [];
    private readonly Worker _caller;
    private readonly SemaphoreSlim _finished = new(0);
    private Action<Worker>? _body;
    private ExceptionDispatchInfo? _failure;
    private int _count;
    private int _running;
    private int _waiting;
    private volatile int _phase;
    private volatile int _sleeping;
    private int _next;

    public WorkerTeam() => _caller = new Worker(this, 0);

    public static WorkerTeam Shared { get; } = new();

    /// <summary>How many threads sleep until a phase ends.</summary>
    internal int Sleeping => _sleeping;

    /// <summary>Runs a function on several threads at once, this one among them, and returns when all have left it.</summary>
    /// <param name="count">How many threads.</param>
    /// <param name="body">What each runs. All must pass the same phases.</param>
    public void Run(int count, Action<Worker> body)
    {
        lock (_oneAtATime)
        {
            while (_starts.Count < count - 1) Add();
            (_body, _count, _running, _waiting, _next, _failure) = (body, count, count, 0, 0, null);
            for (var i = 0; i < count - 1; i++) _starts[i].Release();
            Run(_caller);
            if (count > 1) _finished.Wait();
            _body = null;
            _failure?.Throw();
        }
    }

    private void Add()
    {
        var start = new SemaphoreSlim(0);
        _starts.Add(start);
        var worker = new Worker(this, _starts.Count);
        new Thread(() => Serve(start, worker)) { IsBackground = true, Name = $"Ark inference {worker.Index}" }.Start();
    }

    private void Serve(SemaphoreSlim start, Worker worker)
    {
        while (true)
        {
            start.Wait();
            Run(worker);
        }
    }

    /// <summary>Runs the function as one of the threads. Who leaves it last says that all have, unless it was alone.</summary>
    private void Run(Worker worker)
    {
        try
        {
            _body!(worker);
        }
        catch (Exception e)
        {
            lock (_meeting)
            {
                _failure ??= ExceptionDispatchInfo.Capture(e);
                Monitor.PulseAll(_meeting);
            }
        }

        if (Interlocked.Decrement(ref _running) == 0 && _count > 1) _finished.Release();
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
                Interlocked.Exchange(ref team._phase, phase + 1);
                // Who goes to sleep counts itself first and then looks at the phase once more; the exchange keeps the order here.
                if (team._sleeping > 0)
                {
                    lock (team._meeting) Monitor.PulseAll(team._meeting);
                }

                return;
            }

            for (var spins = 0; spins < SpinsBeforeSleep; spins++)
            {
                if (team._phase != phase) return;
                if (team._failure is not null) break;
                Thread.SpinWait(1);
            }

            Sleep(phase);
        }

        private void Sleep(int phase)
        {
            lock (team._meeting)
            {
                Interlocked.Increment(ref team._sleeping);
                while (team._phase == phase && team._failure is null) Monitor.Wait(team._meeting);
                Interlocked.Decrement(ref team._sleeping);
                if (team._phase == phase) throw new OperationCanceledException("Another thread of the pass failed.");
            }
        }
    }
}

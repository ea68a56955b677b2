namespace Ark.Fuzz;

/// <summary>A door: where a file or a request comes in.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What comes in through it, in a few words.</summary>
    public abstract string Description { get; }

    /// <summary>How often the short run passes through it.</summary>
    public virtual int SmokeExecutions => 250;

    /// <summary>Whether it refuses anything: a cache makes anew what it cannot use.</summary>
    public virtual bool Refuses => true;

    /// <summary>Sound inputs, and a few that are nearly sound.</summary>
    public abstract IReadOnlyList<byte[]> Seeds();

    /// <summary>Changes an input, mostly so that its outer format stays whole and the change reaches what lies inside.</summary>
    /// <param name="seed">The input; it stays as it is.</param>
    /// <param name="others">Inputs to take parts of.</param>
    /// <param name="random">Decides all.</param>
    public abstract byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random);

    /// <summary>Changes bytes of an input, whatever they mean.</summary>
    public virtual byte[] MutatePlainly(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        ByteMutations.Apply(seed, others, random);

    /// <summary>Sends an input through the door.</summary>
    public abstract void Run(byte[] input, Execution execution);

    /// <summary>Whether an exception is a refusal that the door's contract allows.</summary>
    public virtual bool IsRefusal(Exception exception) => exception is ArkInputException;

    /// <summary>Managed bytes that an execution may allocate, freed or not.</summary>
    public virtual long MaxAllocated(int length) => (64L << 20) + (2048L * length);

    /// <summary>Bytes by which an execution may raise what the process has in memory, native memory too.</summary>
    public virtual long MaxResident(int length) => (192L << 20) + (2048L * length);

    /// <summary>Processor time that an execution may take: generous, for other processes and the compiler take theirs.</summary>
    public virtual TimeSpan MaxTime(int length) => TimeSpan.FromSeconds(4 + (20.0 * length / (1 << 20)));
}

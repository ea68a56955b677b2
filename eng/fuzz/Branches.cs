using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Ark.Fuzz;

/// <summary>Which branches of instrumented code an execution took, and about how often.</summary>
internal sealed unsafe class Branches
{
    private const int Length = 1 << 16;

    // Rests on: the block is never freed, and instrumented code writes at 16-bit places alone.
    private readonly byte* _taken = Trace.SharedMem;
    private readonly byte[] _known = new byte[Length];

    private Branches()
    {
    }

    /// <summary>How many have been taken at all.</summary>
    public int Count { get; private set; }

    /// <summary>What this process takes.</summary>
    /// <returns><see langword="null"/> where its code is not instrumented.</returns>
    public static Branches? OfThisProcess()
    {
        var common = typeof(Trace).Assembly.GetName().Name;
        return Array.Exists(typeof(ArkInputException).Assembly.GetReferencedAssemblies(), a => a.Name == common) ? new Branches() : null;
    }

    /// <summary>Gives instrumented code its place, before any of it runs: initializers of modules are the first that does.</summary>
    [ModuleInitializer]
    internal static void Prepare() => Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(Length);

    /// <summary>Begins an execution.</summary>
    public void Forget()
    {
        new Span<byte>(_taken, Length).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the execution took a branch that none took before, or took one much more often.</summary>
    public bool TakeNew()
    {
        var isNew = false;
        var taken = new ReadOnlySpan<byte>(_taken, Length);
        for (var at = taken.IndexOfAnyExcept((byte)0); at >= 0;)
        {
            var often = (byte)(1 << Often(taken[at]));
            if ((_known[at] & often) == 0)
            {
                if (_known[at] == 0) Count++;
                _known[at] |= often;
                isNew = true;
            }

            var next = taken[(at + 1)..].IndexOfAnyExcept((byte)0);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return isNew;
    }

    private static int Often(byte count) => count switch
    {
        1 => 0,
        2 => 1,
        3 => 2,
        < 8 => 3,
        < 16 => 4,
        < 32 => 5,
        < 128 => 6,
        _ => 7,
    };
}

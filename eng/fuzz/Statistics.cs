using System.Globalization;

namespace Ark.Fuzz;

/// <summary>What a worker has done so far.</summary>
internal sealed record Statistics
{
    public long Executions { get; set; }

    public double Seconds { get; set; }

    public double ProcessorSeconds { get; set; }

    public long Accepted { get; set; }

    public long Refused { get; set; }

    public int Features { get; set; }

    public int Branches { get; set; }

    public int Corpus { get; set; }

    public long LargestAllocation { get; set; }

    public long LargestRise { get; set; }

    public long Resident { get; set; }

    public double LongestSeconds { get; set; }

    public int Crashes { get; set; }

    public int Hangs { get; set; }

    public int Excesses { get; set; }

    public Statistics Plus(Statistics other) => new()
    {
        Executions = Executions + other.Executions,
        Seconds = Seconds + other.Seconds,
        ProcessorSeconds = ProcessorSeconds + other.ProcessorSeconds,
        Accepted = Accepted + other.Accepted,
        Refused = Refused + other.Refused,
        Features = Math.Max(Features, other.Features),
        Branches = Math.Max(Branches, other.Branches),
        Corpus = Math.Max(Corpus, other.Corpus),
        LargestAllocation = Math.Max(LargestAllocation, other.LargestAllocation),
        LargestRise = Math.Max(LargestRise, other.LargestRise),
        Resident = Math.Max(Resident, other.Resident),
        LongestSeconds = Math.Max(LongestSeconds, other.LongestSeconds),
        Crashes = Crashes + other.Crashes,
        Hangs = Hangs + other.Hangs,
        Excesses = Excesses + other.Excesses,
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Executions,9} executions in {Seconds,6:F0} s "
        + $"({ProcessorSeconds:F0} s of processor time), "
        + $"{Accepted} read, {Refused} refused, {Features} outcomes, {Branches} branches, corpus {Corpus}, "
        + $"largest allocation {LargestAllocation >> 20} MB, "
        + $"rise {LargestRise >> 20} MB, resident {Resident >> 20} MB, longest {LongestSeconds:F2} s, "
        + $"{Crashes} crashes, {Hangs} hangs, {Excesses} over a limit");
}

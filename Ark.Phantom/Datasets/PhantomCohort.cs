namespace Ark.Phantom;

/// <summary>One virtual dataset: its hospital's equipment and patients, its labels, and the published form that its lists take.</summary>
internal abstract class PhantomCohort
{
    /// <summary>The dataset's name.</summary>
    public abstract string Name { get; }

    /// <summary>The labels in the order of the head's outputs, as a catalogue writes them.</summary>
    public abstract LabelSchema Labels { get; }

    /// <summary>The share of all images.</summary>
    public abstract double Share { get; }

    /// <summary>The share of AP views.</summary>
    public abstract double Anteroposterior { get; }

    /// <summary>The equipment, newest first; each picture is taken with one of them.</summary>
    public abstract IReadOnlyList<PhantomScanner> Scanners { get; }

    /// <summary>How list files end.</summary>
    public virtual string ListExtension => ".txt";

    /// <summary>The adapter that reads the lists.</summary>
    public virtual string Adapter => "image-list";

    /// <summary>The list's first line, or <see langword="null"/> for none.</summary>
    public virtual string? Header => null;

    /// <summary>Decides what the pictures of a split show, and what its list says.</summary>
    /// <param name="views">The pictures' views; fixes their number.</param>
    /// <param name="split">The split.</param>
    /// <param name="random">The split's stream for labels.</param>
    /// <returns>Findings and list fields of each picture.</returns>
    public abstract (IReadOnlyList<PhantomFinding> Findings, IReadOnlyList<string> Labels)[] Label(
        IReadOnlyList<PhantomView> views, DatasetSplit split, RandomStream random);

    /// <summary>A row of the list.</summary>
    /// <param name="image">The image's path as lists write it.</param>
    /// <param name="picture">The picture.</param>
    /// <returns>The line without its end.</returns>
    public virtual string Row(string image, PhantomCase picture) => $"{image} {string.Join(' ', picture.Labels)}";

    /// <summary>Chooses exactly a share of items, at least one and never all: a small split still has both outcomes.</summary>
    /// <param name="count">The number of items.</param>
    /// <param name="share">The share.</param>
    /// <param name="random">Chooses.</param>
    /// <returns>Whether each item is chosen.</returns>
    internal static bool[] Quota(int count, double share, RandomStream random)
    {
        var chosen = new bool[count];
        chosen.AsSpan(0, Math.Clamp((int)((share * count) + 0.5), 1, count - 1)).Fill(true);
        random.Shuffle<bool>(chosen);
        return chosen;
    }

    /// <summary>
    /// Findings that a picture shows beside those that its label speaks of, so that no label can be told by "anything there".
    /// </summary>
    /// <param name="share">Each finding's probability.</param>
    /// <param name="except">Findings to leave out.</param>
    /// <param name="random">Draws.</param>
    /// <returns>The findings.</returns>
    protected static List<PhantomFinding> Bystanders(double share, RandomStream random, params ReadOnlySpan<PhantomFinding> except)
    {
        var list = new List<PhantomFinding>();
        foreach (var finding in Enum.GetValues<PhantomFinding>())
        {
            if (random.Chance(share) && !except.Contains(finding)) list.Add(finding);
        }

        return list;
    }
}

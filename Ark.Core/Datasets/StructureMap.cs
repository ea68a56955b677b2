namespace Ark;

/// <summary>Which structures each pixel of an image belongs to, as one bit for each structure.</summary>
public sealed class StructureMap
{
    /// <summary>The most structures that a map can hold.</summary>
    internal const int MaxStructures = 32;

    /// <summary>The bits of every structure that a map may hold.</summary>
    internal const uint Every = uint.MaxValue;

    /// <summary>Makes an empty map.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    public StructureMap(int width, int height)
        : this(width, height, new uint[checked(width * height)])
    {
    }

    /// <summary>Wraps bits without copying them.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">Row by row; bit k is set where the pixel belongs to structure k. The map owns the array from now on.</param>
    /// <exception cref="ArgumentException">The array's length does not match.</exception>
    public StructureMap(int width, int height, uint[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.LongLength != (long)width * height)
            throw new ArgumentException($"{width}x{height} needs {(long)width * height} pixels, got {pixels.LongLength}.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The bits, row by row.</summary>
    public uint[] Pixels { get; }

    /// <summary>
    /// What is left out, row by row: bit k is set where it is not known whether the pixel belongs to structure k. Neither training nor
    /// evaluation looks at it there, whatever <see cref="Pixels"/> has. <see langword="null"/> where all is known.
    /// </summary>
    public uint[]? Ignored { get; private set; }

    /// <summary>Adds a pixel to a structure.</summary>
    /// <param name="structure">Its number, 0 to 31.</param>
    /// <param name="pixel">The pixel's place in <see cref="Pixels"/>.</param>
    public void Add(int structure, int pixel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)structure, (uint)MaxStructures, nameof(structure));
        Pixels[pixel] |= 1u << structure;
    }

    /// <summary>Leaves a pixel out of a structure: it is not known whether it belongs to it.</summary>
    /// <param name="structure">Its number, 0 to 31.</param>
    /// <param name="pixel">The pixel's place in <see cref="Pixels"/>.</param>
    public void Ignore(int structure, int pixel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)structure, (uint)MaxStructures, nameof(structure));
        Ignore(pixel, 1u << structure);
    }

    /// <summary>The same for several structures.</summary>
    /// <param name="pixel">The pixel's place.</param>
    /// <param name="structures">Their bits.</param>
    internal void Ignore(int pixel, uint structures) => (Ignored ??= new uint[Pixels.Length])[pixel] |= structures;

    /// <summary>The pixels of one structure.</summary>
    /// <param name="structure">Its number.</param>
    /// <returns>Whether each pixel belongs to it, row by row; a new array.</returns>
    public bool[] Of(int structure) => Of(Pixels, structure);

    /// <summary>The pixels that are left out of one structure; <see langword="null"/> where there are none.</summary>
    internal bool[]? IgnoredOf(int structure) =>
        Ignored is { } ignored && ignored.Any(p => ((p >> structure) & 1) != 0) ? Of(ignored, structure) : null;

    private static bool[] Of(uint[] bits, int structure) => Array.ConvertAll(bits, p => ((p >> structure) & 1) != 0);
}

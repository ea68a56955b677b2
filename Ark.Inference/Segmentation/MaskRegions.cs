namespace Ark.Inference;

/// <summary>
/// The connected regions of the pixels of a mask that are set, or of those that are not: runs of a row, joined with the runs that they
/// touch in the row above (union-find), in time that grows as the pixels do, and twelve bytes for each run.
/// </summary>
internal sealed class MaskRegions
{
    private readonly Mask _mask;
    // The run that another belongs to; of a run that speaks for its region, the negative area.
    private readonly int[] _parents;
    private readonly int[] _starts;
    private readonly int[] _ends;

    /// <summary>Finds the regions.</summary>
    /// <param name="mask">The mask; borrowed.</param>
    /// <param name="value">Which of its pixels to look at.</param>
    /// <param name="diagonally">Whether pixels that touch at a corner are of one region.</param>
    public MaskRegions(Mask mask, bool value, bool diagonally)
    {
        _mask = mask;
        var count = Count(value);
        (_parents, _starts, _ends) = (new int[count], new int[count], new int[count]);
        var reach = diagonally ? 1 : 0;
        int run = 0, above = 0, last = 0;
        for (var y = 0; y < mask.Height; y++)
        {
            // The runs of the row above are those from 'above' to 'last'.
            var (first, row) = (run, y * mask.Width);
            for (var x = 0; x < mask.Width; x++)
            {
                if (mask.Pixels[row + x] != value) continue;
                var start = x;
                while (x < mask.Width && mask.Pixels[row + x] == value) x++;
                (_starts[run], _ends[run], _parents[run]) = (row + start, row + x, start - x);
                while (above < last && _ends[above] + mask.Width + reach <= _starts[run]) above++;
                for (var other = above; other < last && _starts[other] + mask.Width < _ends[run] + reach; other++) Join(other, run);
                run++;
            }

            (above, last) = (first, run);
        }
    }

    /// <summary>The number of runs.</summary>
    public int Runs => _parents.Length;

    /// <summary>The pixels of a run.</summary>
    public Span<bool> PixelsOf(int run) => _mask.Pixels.AsSpan(_starts[run].._ends[run]);

    /// <summary>The run that speaks for the region of a run.</summary>
    public int RegionOf(int run)
    {
        while (_parents[run] >= 0)
        {
            // Halves the way for whoever asks next.
            if (_parents[_parents[run]] >= 0) _parents[run] = _parents[_parents[run]];
            run = _parents[run];
        }

        return run;
    }

    /// <summary>The pixels of a region.</summary>
    public int AreaOf(int region) => -_parents[region];

    /// <summary>Whether a run has a pixel at the edge of the picture.</summary>
    public bool IsAtEdge(int run) =>
        _starts[run] < _mask.Width || _starts[run] >= _mask.Pixels.Length - _mask.Width
        || _starts[run] % _mask.Width == 0 || _ends[run] % _mask.Width == 0;

    private int Count(bool value)
    {
        var count = 0;
        for (var i = 0; i < _mask.Pixels.Length; i++)
        {
            if (_mask.Pixels[i] == value && (i % _mask.Width == 0 || _mask.Pixels[i - 1] != value)) count++;
        }

        return count;
    }

    private void Join(int one, int other)
    {
        (one, other) = (RegionOf(one), RegionOf(other));
        if (one == other) return;
        // The smaller one follows: no way is longer than the logarithm of the runs.
        if (AreaOf(one) < AreaOf(other)) (one, other) = (other, one);
        _parents[one] += _parents[other];
        _parents[other] = one;
    }
}

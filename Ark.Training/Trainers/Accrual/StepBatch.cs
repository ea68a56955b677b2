using System.Runtime.InteropServices;
using Ark.Data;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// Cuts a batch into the parts of a training step, and each part by dataset. Shares are counted on the host, where the targets are, so that
/// no device waits.
/// </summary>
internal sealed class StepBatch
{
    private readonly Batch _batch;
    private readonly KnowledgeAccrual _accrual;
    private readonly Device _device;
    private readonly StepSample[] _rows;
    private readonly int[] _labels;
    private readonly int _partSize;
    private readonly Dictionary<int, double> _present = [];

    /// <summary>Looks at a batch.</summary>
    /// <param name="batch">The batch; borrowed.</param>
    /// <param name="samples">What its images are of: the samples that its indices count.</param>
    /// <param name="labels">For each dataset of the run, the number of its labels.</param>
    /// <param name="accrual">Says which losses count rows and which count labels.</param>
    /// <param name="parts">The most parts to cut it into.</param>
    /// <param name="device">Where the tensors shall be.</param>
    public StepBatch(Batch batch, IReadOnlyList<StepSample> samples, int[] labels, KnowledgeAccrual accrual, int parts, Device device)
    {
        (_batch, _labels, _accrual, _device) = (batch, labels, accrual, device);
        _partSize = (batch.Count + parts - 1) / parts;
        Parts = (batch.Count + _partSize - 1) / _partSize;
        _rows = [.. batch.Indices.Select(i => samples[i])];
        foreach (var rows in Enumerable.Range(0, batch.Count).GroupBy(r => _rows[r].Dataset)) _present[rows.Key] = Present(rows.Key, rows);
    }

    public int Parts { get; }

    /// <summary>Makes one part's tensors.</summary>
    public StepPart Part(int index)
    {
        var first = index * _partSize;
        var count = Math.Min(_partSize, _batch.Count - first);
        var tasks = Enumerable.Range(first, count).GroupBy(r => _rows[r].Dataset).OrderBy(g => g.Key).Select(g => Task(
            g.Key, [.. g], first, count)).ToArray();
        return new StepPart(View(0, first, count), View(1, first, count), (double)count / _batch.Count, tasks);
    }

    /// <summary>One view of each image, dense: <c>[count, 3, H, W]</c>.</summary>
    private Tensor View(int view, int first, int count)
    {
        var image = 3 * _batch.Height * _batch.Width;
        var images = empty([count, 3, _batch.Height, _batch.Width], ScalarType.Float32, CPU);
        var pixels = MemoryMarshal.Cast<byte, float>(images.bytes);
        for (var i = 0; i < count; i++)
            _batch.Images.AsSpan((((first + i) * _batch.Views) + view) * image, image).CopyTo(pixels[(i * image)..]);
        return images.to(_device);
    }

    private TaskPart Task(int dataset, int[] rows, int first, int count)
    {
        var labels = _labels[dataset];
        var targets = new float[rows.Length * labels];
        for (var r = 0; r < rows.Length; r++) TargetsOf(rows[r]).CopyTo(targets.AsSpan(r * labels));
        var anyMissing = targets.Any(float.IsNaN);
        // Of a dataset's mean loss in the step, this part's mean has the share of its targets; of the step's loss, a dataset has the share
        // of its images.
        var share = _present[dataset] == 0
            ? 0
            : Present(dataset, rows) / _present[dataset] * _rows.Count(r => r.Dataset == dataset) / _batch.Count;
        return new TaskPart(dataset, TensorMemory.Copy(targets, [rows.Length, labels], _device), anyMissing, share,
            rows.Length == count ? null : tensor(rows.Select(r => (long)(r - first)).ToArray(), device: _device));
    }

    private double Present(int dataset, IEnumerable<int> rows) => _accrual.IsExclusive(dataset)
        ? rows.Count(r => !HasMissing(TargetsOf(r)))
        : rows.Sum(r => CountPresent(TargetsOf(r)));

    private ReadOnlySpan<float> TargetsOf(int row) => _rows[row].Sample.Targets;

    private static bool HasMissing(ReadOnlySpan<float> targets) => CountPresent(targets) < targets.Length;

    private static int CountPresent(ReadOnlySpan<float> targets)
    {
        var count = 0;
        foreach (var target in targets)
        {
            if (!float.IsNaN(target)) count++;
        }

        return count;
    }
}

using static TorchSharp.torch;

namespace Ark;

/// <summary>A tensor that is to be written: in memory, or to be read when its turn comes.</summary>
internal abstract class TensorSource
{
    protected TensorSource(ElementType element, long[] shape)
    {
        Element = element;
        Shape = shape;
    }

    /// <summary>Its elements' type in the new file.</summary>
    public ElementType Element { get; }

    public long[] Shape { get; }

    /// <summary>The product of the shape.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Its bytes; the caller disposes them before the next tensor's.</summary>
    public abstract TensorBytes Open();

    /// <summary>A tensor in memory; borrowed.</summary>
    /// <exception cref="ArgumentException">It cannot be written.</exception>
    public static TensorSource Of(Tensor tensor) => new InMemory(tensor);

    private sealed class InMemory(Tensor tensor) : TensorSource(TensorBytes.ElementOf(tensor), tensor.shape)
    {
        public override TensorBytes Open() => new(tensor);
    }
}

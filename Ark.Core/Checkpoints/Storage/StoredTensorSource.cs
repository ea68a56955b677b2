using System.Diagnostics;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// A tensor of one file that is written to another, read when its turn comes: of a large file no more than one tensor is in memory.
/// </summary>
/// <remarks>Rests on: the new tensor having the elements' type and count, so that it holds the part of the storage that is read.</remarks>
/// <param name="path">The file that it is in.</param>
/// <param name="name">Its name there, for messages.</param>
/// <param name="stored">The tensor there, its checksum verified.</param>
/// <param name="element">Its elements' type in the new file.</param>
/// <param name="onOpen">Is told when its turn comes.</param>
internal sealed class StoredTensorSource(
    string path, string name, StoredTensor stored, ElementType element, Action<StoredTensor> onOpen)
    : TensorSource(element, stored.Shape)
{
    /// <summary>
    /// The type in the new file: what was asked for where the elements are floating-point numbers, else what they are, or widen to.
    /// </summary>
    public static ElementType ElementFor(StoredTensor stored, ElementType? asked)
    {
        var scalar = stored.Element.Scalar;
        var floating = scalar is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;
        return floating && asked is not null ? asked : ElementType.OfScalar(scalar)!;
    }

    public override TensorBytes Open()
    {
        onOpen(stored);
        var tensor = Read();
        if (tensor.dtype == Element.Scalar) return new TensorBytes(tensor, handOver: true);
        using (tensor)
        {
            var converted = tensor.to(Element.Scalar);
            if (CountLost(tensor, converted) is > 0 and var lost)
            {
                converted.Dispose();
                throw new CheckpointException(path, $"tensor '{name}'",
                    $"{lost} of its numbers cannot be held in {Element.Name}: they would become infinite",
                    "Choose a type of a wider range ('DataType'): bfloat16 or float32.");
            }

            return new TensorBytes(converted, handOver: true);
        }
    }

    private static long CountLost(Tensor before, Tensor after)
    {
        if (!after.is_floating_point()) return 0;
        using var scope = NewDisposeScope();
        return before.isfinite().logical_and(after.isinf()).sum().item<long>();
    }

    private unsafe Tensor Read()
    {
        var bytes = stored.Storage.Bytes!;
        if (!stored.IsContiguous || bytes.Deflated || stored.Element.Widening != Widening.None)
        {
            using var assembler = new TensorAssembler(path);
            using var view = assembler.Assemble(stored);
            using var detached = view.detach();
            return detached.clone();
        }

        // A tensor may be a small part of a large storage.
        var tensor = TensorRoom.Allocate(path, bytes.Place, stored.Count, stored.Element.Scalar, stored.Element.Size);
        try
        {
            Debug.Assert(tensor.numel() * tensor.element_size() == stored.ByteCount, "The tensor holds what is read.");
            bytes.Part(stored.Offset * stored.Element.Size, stored.ByteCount).CopyTo(TensorMemory.AddressOf(tensor));
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }
}

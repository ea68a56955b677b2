namespace Ark;

/// <summary>What stands in the place of PyTorch's functions that rebuild tensors: checked records of where the elements lie.</summary>
internal static class TensorConstructors
{
    public static object Tensor(PickleContext context, PickleTuple a) =>
        a is [StoredStorage storage, long offset, PickleTuple shape, PickleTuple strides]
            ? Build(context, storage, storage.Element, offset, shape, strides, requiresGrad: false)
            : throw PickleConstructors.Bad(context, "torch._utils._rebuild_tensor");

    public static object TensorV2(PickleContext context, PickleTuple a) =>
        a is [StoredStorage storage, long offset, PickleTuple shape, PickleTuple strides, bool requiresGrad, ..] && a.Count is 6 or 7
            ? Build(context, storage, storage.Element, offset, shape, strides, requiresGrad)
            : throw PickleConstructors.Bad(context, "torch._utils._rebuild_tensor_v2");

    public static object TensorV3(PickleContext context, PickleTuple a) =>
        a is [StoredStorage storage, long offset, PickleTuple shape, PickleTuple strides, bool requiresGrad, _, PickleGlobal type, ..]
        && a.Count is 7 or 8 && type.Name.StartsWith(
            "torch.", StringComparison.Ordinal) && ElementType.OfName(type.Name[6..]) is { } element
            ? Build(context, storage, element, offset, shape, strides, requiresGrad)
            : throw PickleConstructors.Bad(context, "torch._utils._rebuild_tensor_v3");

    public static object Parameter(PickleContext context, PickleTuple a) =>
        a is [StoredTensor tensor, bool requiresGrad, ..] && a.Count is 2 or 3 or 4
            ? tensor.AsParameter(requiresGrad)
            : throw PickleConstructors.Bad(context, "torch._utils._rebuild_parameter");

    /// <summary>A tensor with Python attributes, which are dropped: only the two tensor classes themselves are let through.</summary>
    public static object FromType(PickleContext context, PickleTuple a)
    {
        if (a is [PickleGlobal { Construct: { } construct } function, PickleGlobal
            {
                Name: "torch.Tensor"
            or "torch.nn.parameter.Parameter"
            } type, PickleTuple arguments, _]
            && function.Name.StartsWith("torch._utils._rebuild_", StringComparison.Ordinal)
            && construct(context, arguments) is StoredTensor tensor)
        {
            return type.Name == "torch.Tensor" ? tensor : tensor.AsParameter(tensor.RequiresGrad);
        }

        throw PickleConstructors.Bad(context, "torch._tensor._rebuild_from_type_v2");
    }

    private static StoredTensor Build(
        PickleContext context, StoredStorage storage, ElementType element, long offset, PickleTuple shape, PickleTuple strides,
        bool requiresGrad)
    {
        if (!shape.All(s => s is long) || !strides.All(s => s is long))
            throw context.Error("has a tensor whose sizes or strides are no whole numbers in range");
        var tensor = StoredTensor.Create(
            storage, element, offset, [.. shape.Cast<long>()], [.. strides.Cast<long>()], requiresGrad, out var problem);
        if (tensor is null) throw context.Error(problem);
        context.CountRepetition(tensor);
        return tensor;
    }
}

using System.Collections.Frozen;

namespace Ark;

/// <summary>
/// The names that a pickle may use, exactly. Nothing is looked up by prefix, nothing is imported: each name has a constructor here that
/// makes an inert value, or none.
/// </summary>
internal static class PickleNames
{
    private static readonly FrozenDictionary<(string Module, string Name), PickleGlobal> Allowed = List().ToFrozenDictionary();

    /// <summary>The entry of a name, or <see langword="null"/>.</summary>
    public static PickleGlobal? Find(string module, string name) => Allowed.GetValueOrDefault((module, name));

    /// <summary>An entry that keeps what the file says as a <see cref="PickleRecord"/>.</summary>
    public static PickleGlobal Inert(string fullName) => new(fullName, (_, arguments) => new PickleRecord(fullName, arguments));

    private static IEnumerable<KeyValuePair<(string Module, string Name), PickleGlobal>> List()
    {
        foreach (var type in ElementType.All)
        {
            yield return Reference("torch", type.Name);
            if (type.StorageName is null) continue;
            yield return Reference("torch", type.StorageName);
            yield return Reference("torch.cuda", type.StorageName);
        }

        yield return Reference("torch.storage", "UntypedStorage");
        yield return Reference("torch", "UntypedStorage");
        yield return Reference("torch", "Tensor");
        yield return Reference("torch.nn.parameter", "Parameter");
        yield return Reference("torch.nn.parameter", "Buffer");
        yield return Call("torch", "Size", PickleConstructors.Size);
        yield return Call("torch", "device", (_, arguments) => new PickleRecord("torch.device", arguments));
        yield return Call("torch._utils", "_rebuild_tensor", TensorConstructors.Tensor);
        yield return Call("torch._utils", "_rebuild_tensor_v2", TensorConstructors.TensorV2);
        yield return Call("torch._utils", "_rebuild_tensor_v3", TensorConstructors.TensorV3);
        yield return Call("torch._utils", "_rebuild_parameter", TensorConstructors.Parameter);
        yield return Call("torch._utils", "_rebuild_parameter_with_state", TensorConstructors.Parameter);
        yield return Call("torch._tensor", "_rebuild_from_type_v2", TensorConstructors.FromType);

        yield return Call("collections", "OrderedDict", PickleConstructors.OrderedDict);
        yield return Call("collections", "defaultdict", PickleConstructors.DefaultDict);
        yield return Call("collections", "Counter", PickleConstructors.Counter);
        yield return Call("collections", "deque", PickleConstructors.Deque);
        yield return Call("_codecs", "encode", PickleConstructors.Encode);
        foreach (var builtins in new[] { "builtins", "__builtin__" })
        {
            yield return Call(builtins, "bytes", PickleConstructors.Bytes);
            yield return Call(builtins, "bytearray", PickleConstructors.Bytes);
            yield return Call(builtins, "set", (c, a) => PickleConstructors.Set(c, a, frozen: false));
            yield return Call(builtins, "frozenset", (c, a) => PickleConstructors.Set(c, a, frozen: true));
            yield return Call(builtins, "complex", PickleConstructors.Complex);
            foreach (var type in new[] { "int", "float", "bool", "str", "list", "dict", "tuple", "object" })
                yield return Reference(builtins, type, $"builtins.{type}");
        }

        foreach (var copying in new[] { "copyreg", "copy_reg" })
        {
            yield return Call(copying, "_reconstructor", PickleConstructors.Reconstruct);
            yield return Call(copying, "__newobj__", PickleConstructors.NewObject);
        }

        foreach (var core in new[] { "numpy.core", "numpy._core" })
        {
            yield return Call($"{core}.multiarray", "_reconstruct", NumpyConstructors.Reconstruct);
            yield return Call($"{core}.multiarray", "scalar", NumpyConstructors.Scalar);
            yield return Call($"{core}.numeric", "_frombuffer", NumpyConstructors.FromBuffer);
        }

        yield return Call("numpy", "dtype", NumpyConstructors.DataType);
        yield return Reference("numpy", "ndarray");

        foreach (var (module, name) in InertClasses.Calls) yield return new((module, name), Inert($"{module}.{name}"));
        foreach (var (module, name) in InertClasses.References) yield return Reference(module, name);
    }

    private static KeyValuePair<(string Module, string Name), PickleGlobal> Reference(string module, string name, string? known = null) =>
        new((module, name), new PickleGlobal(known ?? $"{module}.{name}", null));

    private static KeyValuePair<(string Module, string Name), PickleGlobal> Call(
        string module, string name, Func<PickleContext, PickleTuple, object?> construct) =>
        new((module, name), new PickleGlobal($"{module}.{name}", construct));
}

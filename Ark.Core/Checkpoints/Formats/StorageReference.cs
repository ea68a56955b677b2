using System.Runtime.InteropServices;

namespace Ark;

/// <summary>What a persistent id says: <c>("storage", class, key, device, elements[, view])</c>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StorageReference(string Key, ElementType Element, long Count, object? View)
{
    public static StorageReference Parse(PickleContext context, object? value)
    {
        if (value is not PickleTuple { Count: 5 or 6 } id
            || id[0] is not "storage"
            || id[1] is not PickleGlobal type
            || id[2] is not string key
            || id[3] is not (string or null))
            throw context.Error("has a persistent id that is no storage: invalid");
        context.CountKey(key);
        if (id[4] is not long count) throw context.Error($"has a storage '{key}' whose size is no number in range (overflow)");
        var element = OfClass(type.Name) ?? throw context.Error($"has a storage '{key}' of the unsupported type {type.Name}");
        if (count < 0 || count > long.MaxValue / element.Size)
            throw context.Error($"has a storage '{key}' whose size of {count} elements is out of range");
        return new StorageReference(key, element, count, id.Count == 6 ? id[5] : null);
    }

    /// <summary>The element type of a storage class, or <see langword="null"/>.</summary>
    public static ElementType? OfClass(string name)
    {
        if (name is "torch.storage.UntypedStorage" or "torch.UntypedStorage") return ElementType.Byte;
        var last = name[(name.LastIndexOf('.') + 1)..];
        return ElementType.All.FirstOrDefault(e => e.StorageName == last);
    }

    public StoredStorage ToStorage() => new(Key, Element, Count);

    /// <summary>Refuses a second description of a storage that differs from the first.</summary>
    public void CheckSame(PickleContext context, StoredStorage known)
    {
        if (known.Element != Element || known.Count != Count)
            throw context.Error(
                $"describes storage '{Key}' twice, as {known.Count} of {known.Element.Name} and as {Count} of {Element.Name} (mismatch)");
    }
}

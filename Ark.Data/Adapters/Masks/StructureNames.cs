namespace Ark.Data;

/// <summary>Checks the structures that a catalogue asks for.</summary>
internal static class StructureNames
{
    /// <summary>The parts of every structure: those that it is joined from, or itself.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="known">The structures with masks of their own; empty where every name may be one.</param>
    /// <param name="joined">Structures that are made of several.</param>
    /// <exception cref="ArkInputException">A structure is unknown, or there are too many.</exception>
    public static string[][] PartsOf(
        DatasetDefinition definition, IReadOnlyList<string> known, IReadOnlyDictionary<string, string[]> joined)
    {
        var names = definition.Labels.Names;
        var at = $"dataset '{definition.Name}', key 'structures'";
        if (names.Count > StructureMap.MaxStructures)
            throw new ArkInputException(
                definition.Source, at, $"has {names.Count} structures, above the limit of {StructureMap.MaxStructures}", "Leave some out.");
        foreach (var name in names)
        {
            if (known.Count == 0 || known.Contains(name, StringComparer.Ordinal) || joined.ContainsKey(name)) continue;
            throw new ArkInputException(
                definition.Source,
                at,
                $"the structure '{name}' is unknown",
                NameSuggestion.For(name, [.. known, .. joined.Keys], $"The adapter '{definition.Adapter}' knows"));
        }

        return [.. names.Select(n => joined.GetValueOrDefault(n) ?? [n])];
    }
}

namespace Ark.Data;

/// <summary>Turns definitions of datasets into datasets, with the adapters that the host knows. Thread-safe.</summary>
public sealed class ArkDatasets
{
    private readonly IServiceProvider _services;
    private readonly DatasetAdapterRegistry _adapters;
    private readonly IReadOnlyList<DatasetDefinition> _registered;

    internal ArkDatasets(IServiceProvider services, DatasetAdapterRegistry adapters, IEnumerable<DatasetDefinition> registered)
    {
        _services = services;
        _adapters = adapters;
        _registered = [.. registered];
    }

    /// <summary>The datasets that were registered with <c>AddDataset</c>, in that order.</summary>
    /// <returns>New adapters.</returns>
    /// <exception cref="ArkInputException">A definition names an adapter that is not registered, or cannot be used.</exception>
    public IReadOnlyList<ArkDataset> GetRegistered() => [.. _registered.Select(Create)];

    /// <summary>Makes the dataset of a definition.</summary>
    /// <param name="definition">The definition, from a catalogue or from code.</param>
    /// <returns>The dataset, with a new adapter.</returns>
    /// <exception cref="ArkInputException">The definition names an adapter that is not registered, or cannot be used.</exception>
    public ArkDataset Create(DatasetDefinition definition) =>
        new(definition.Name, _adapters.Create(definition, _services))
        {
            TestLabels = definition.TestLabels,
            Folder = definition.DataDirectory,
        };
}

using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Data;

/// <summary>
/// The dataset adapters by the name that a catalogue uses (<c>adapter: image-list</c>). Names are not case-sensitive. Thread-safe.
/// A new registry knows <c>image-list</c>, <c>csv</c>, <c>image-folder</c> and <c>medmnist</c>, and public datasets by their own names:
/// <c>ChestXray14</c>, <c>RSNAPneumonia</c>, <c>VinDrCXR</c>, <c>Shenzhen</c>, <c>CheXpert</c>, <c>MIMIC</c>, <c>COVIDx</c>,
/// <c>ChestDR</c>, <c>SIIM-ACR</c>, <c>TBX11K</c>, <c>NODE21</c>, <c>Montgomery</c>, <c>PadChest</c>.
/// </summary>
internal sealed class DatasetAdapterRegistry
{
    private readonly ConcurrentDictionary<string, Func<IServiceProvider, DatasetDefinition, IDatasetAdapter>> _factories = new(
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates a registry with Ark's own adapters.</summary>
    public DatasetAdapterRegistry()
    {
        foreach (var (name, factory) in BuiltInAdapters.Factories) Register(name, (_, definition) => factory(definition));
    }

    /// <summary>The registered names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _factories.Keys.Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Registers an adapter; a name that is known already gets the new one.</summary>
    /// <param name="name">The name for catalogues.</param>
    /// <param name="factory">Makes the adapter of a dataset.</param>
    public void Register(string name, Func<IServiceProvider, DatasetDefinition, IDatasetAdapter> factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(factory);
        _factories[name] = factory;
    }

    /// <summary>Registers an adapter type: its constructor gets the <see cref="DatasetDefinition"/> and any services it asks for.</summary>
    /// <typeparam name="TAdapter">The adapter.</typeparam>
    /// <param name="name">The name for catalogues.</param>
    public void Register<TAdapter>(string name)
        where TAdapter : IDatasetAdapter =>
        Register(name, static (services, definition) => ActivatorUtilities.CreateInstance<TAdapter>(services, definition));

    /// <summary>Makes the adapter of a dataset.</summary>
    /// <param name="definition">The dataset; <see cref="DatasetDefinition.Adapter"/> names the adapter.</param>
    /// <param name="services">Where adapters take their other services from; <see langword="null"/> for none.</param>
    /// <returns>A new adapter.</returns>
    /// <exception cref="ArkInputException">No adapter has that name, or it refuses the definition.</exception>
    public IDatasetAdapter Create(DatasetDefinition definition, IServiceProvider? services = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (_factories.TryGetValue(definition.Adapter, out var factory))
        {
            var adapter = factory(services ?? NoServices.Instance, definition);
            return definition.AnnotationPercent == 100 ? adapter : new AnnotatedFraction(adapter, definition);
        }

        throw new ArkInputException(
            definition.Source,
            $"dataset '{definition.Name}', key 'adapter'",
            $"the adapter '{definition.Adapter}' is unknown",
            NameSuggestion.For(definition.Adapter, Names, "The registered adapters are"));
    }

    private sealed class NoServices : IServiceProvider
    {
        public static NoServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;
    }
}

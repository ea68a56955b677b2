using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Data;

/// <summary>
/// The segmentation adapters by the name that a catalogue uses (<c>adapter: mask-folder</c>). Names are not case-sensitive. Thread-safe. A
/// new registry knows <c>mask-folder</c>, <c>mask-list</c>, <c>jsrt</c>, <c>montgomery</c> and <c>vindr-ribcxr</c>.
/// </summary>
internal sealed class SegmentationAdapterRegistry
{
    private readonly ConcurrentDictionary<string, Func<IServiceProvider, DatasetDefinition, ISegmentationAdapter>> _factories = new(
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates a registry with Ark's own adapters.</summary>
    public SegmentationAdapterRegistry()
    {
        Register("mask-folder", static (_, definition) => new MaskFileAdapter(definition, MaskLayout.Folders));
        Register("mask-list", static (_, definition) => new MaskListAdapter(definition));
        Register("jsrt", static (_, definition) => new MaskFileAdapter(definition, MaskLayout.Jsrt));
        Register("montgomery", static (_, definition) => new MaskFileAdapter(definition, MaskLayout.Montgomery));
        Register("vindr-ribcxr", static (_, definition) => new RibPolygonAdapter(definition));
    }

    /// <summary>The registered names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _factories.Keys.Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Registers an adapter; a name that is known already gets the new one.</summary>
    /// <param name="name">The name for catalogues.</param>
    /// <param name="factory">Makes the adapter of a dataset.</param>
    public void Register(string name, Func<IServiceProvider, DatasetDefinition, ISegmentationAdapter> factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(factory);
        _factories[name] = factory;
    }

    /// <summary>Registers an adapter type: its constructor gets the <see cref="DatasetDefinition"/> and any services it asks for.</summary>
    /// <typeparam name="TAdapter">The adapter.</typeparam>
    /// <param name="name">The name for catalogues.</param>
    public void Register<TAdapter>(string name)
        where TAdapter : ISegmentationAdapter =>
        Register(name, static (services, definition) => ActivatorUtilities.CreateInstance<TAdapter>(services, definition));

    /// <summary>Makes the adapter of a dataset.</summary>
    /// <param name="definition">The dataset; <see cref="DatasetDefinition.Adapter"/> names the adapter.</param>
    /// <param name="services">Where adapters take their other services from.</param>
    /// <returns>A new adapter.</returns>
    /// <exception cref="ArkInputException">No adapter has that name, or it refuses the definition.</exception>
    public ISegmentationAdapter Create(DatasetDefinition definition, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var at = $"dataset '{definition.Name}', key 'adapter'";
        if (!_factories.TryGetValue(definition.Adapter, out var factory))
            throw new ArkInputException(
                definition.Source,
                at,
                $"'{definition.Adapter}' is no adapter for segmentation",
                NameSuggestion.For(definition.Adapter, Names, "The registered adapters are"));
        if (definition.AnnotationPercent != 100)
            throw new ArkInputException(
                definition.Source,
                $"dataset '{definition.Name}', key 'annotation_percent'",
                "has no meaning for segmentation",
                "Leave it out, and shorten the training list.");
        return factory(services, definition);
    }
}

using Ark;
using Ark.Data;
using Ark.Inference;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Ark to a host.</summary>
public static class ArkServiceCollectionExtensions
{
    private const string ModelKind = "model";

    /// <summary>
    /// Adds image decoding, predictions of many images, the extraction of embeddings and the search in them, and heat maps: what models
    /// need. The package Ark.Training adds to it with <c>AddTraining</c>. May be called more than once.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the shared options, which are those of the section <see cref="ArkOptions.SectionName"/> where the
    /// host has configuration.</param>
    /// <returns>A builder for models.</returns>
    public static IArkBuilder AddArk(this IServiceCollection services, Action<ArkOptions>? configure = null)
    {
        // First of all and once, so that whatever the host's code says wins.
        if (!services.Any(d => d.ServiceType == typeof(EmbeddingExtractor)))
            services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<ArkOptions>>(p =>
                new ConfigureNamedOptions<ArkOptions, IServiceProvider>(Options.Options.DefaultName, p, FromConfiguration)));
        services.AddOptions<ArkOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddServing();
        if (configure is not null) services.Configure(configure);
        services.TryAddSingleton<IImageDecoder>(_ => new NetVipsImageDecoder());
        services.TryAddSingleton(provider => new EmbeddingExtractor(
            provider.GetRequiredService<IImageDecoder>(), provider.GetServices<EmbeddingFormat>()));
        services.TryAddSingleton(provider => new NeighborSearch(
            provider.GetRequiredService<IImageDecoder>(), provider.GetServices<EmbeddingFormat>()));
        services.TryAddSingleton<ImagePredictor>();
        services.TryAddSingleton<ModelPool>();
        services.TryAddSingleton(provider => new ArkExplainer(
            provider.GetRequiredService<IImageDecoder>(), provider.GetRequiredService<DecodingBudget>()));
        return new ArkBuilder(services);
    }

    // Models, datasets and training have sections of their own below this one, so it is not bound as a whole.
    private static void FromConfiguration(ArkOptions options, IServiceProvider provider)
    {
        if (provider.GetService<IConfiguration>()?.GetSection(ArkOptions.SectionName) is not { } section) return;
        options.Device = section[nameof(ArkOptions.Device)] ?? options.Device;
        options.MaxDecodingBytes = section.GetValue(nameof(ArkOptions.MaxDecodingBytes), options.MaxDecodingBytes);
        options.ReturnMemory = section.GetValue(nameof(ArkOptions.ReturnMemory), options.ReturnMemory);
    }

    /// <summary>
    /// Adds a model under a name: the keyed singletons <see cref="IArkClassifier"/>, <c>IEmbeddingGenerator&lt;DataContent,
    /// Embedding&lt;float&gt;&gt;</c> and <see cref="LoadedModel"/>, loaded when one is first asked for. Models of the same file, role and
    /// device share its weights, which are held once for each precision. Classifier and generator of the model that is added first are the
    /// unkeyed services too.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The key.</param>
    /// <param name="configure">Sets the weight file, and what else differs from the defaults.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddModel(this IArkBuilder builder, string name, Action<ArkModelOptions> configure)
    {
        AddModelOptions(builder, name).Configure(configure);
        return builder;
    }

    /// <summary>
    /// Adds a model from configuration; an unknown key is an error when the host starts. See
    /// <see cref="AddModel(IArkBuilder, string, Action{ArkModelOptions})"/>.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The key.</param>
    /// <param name="section">The section, such as <c>Ark:Models:chest</c>.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddModel(this IArkBuilder builder, string name, IConfigurationSection section)
    {
        AddModelOptions(builder, name, section.Path).BindSection(ModelKind, section);
        return builder;
    }

    private static OptionsBuilder<ArkModelOptions> AddModelOptions(IArkBuilder builder, string name, string? section = null)
    {
        var services = builder.Services;
        var served = new ServedModel(
            ModelKind, name, section, provider => ModelOptions(provider, name).Loading, provider => Start(provider, name));
        services.AddServed<ArkModelOptions>(served);
        services.TryAddKeyedSingleton(name, (provider, key) =>
        {
            var options = ModelOptions(provider, key);
            var device = served.DeviceOf(options.Device, provider);
            return ModelLog.Loading(provider, served, options.Checkpoint, () => provider
                .GetRequiredService<ModelPool>()
                .Get(name, options, device),
                m => (
                    $"{m.Description.Architecture} at {m.Description.ImageSize}" + (m.Remark is { } remark ? $" ({remark})" : ""),
                    m.ActualPrecision == options.Precision
                        ? options.Precision.ToString().ToLowerInvariant()
                        : $"fp32 ({options.Precision.ToString().ToLowerInvariant()} was asked for, which this machine has no arithmetic "
                            + "for)"));
        });
        services.TryAddKeyedSingleton(name, static (provider, key) =>
        {
            var options = ModelOptions(provider, key);
            return new ModelService(provider.GetRequiredKeyedService<LoadedModel>(key), provider.GetRequiredService<IImageDecoder>(),
                new ModelServiceOptions(options.MaxBatchSize, options.MaxBatchDelay, options.QueueCapacity, options.Precision),
                provider.GetRequiredService<DecodingBudget>(),
                new ServingTelemetry((string)key!, provider.GetRequiredService<ServingInstruments>(), ModelLog.For(provider)));
        });
        services.TryAddKeyedSingleton<IArkClassifier>(name, (provider, key) =>
        {
            var service = provider.GetRequiredKeyedService<ModelService>(key);
            return new ArkClassifier(service, ModelOptions(provider, key).Calibration is { } path ? served.Naming(
                nameof(ArkModelOptions.Calibration),
                () => Calibration.Load(path).CheckedFor(provider.GetRequiredKeyedService<LoadedModel>(key).Weights, service.Heads)) : null);
        });
        services.TryAddKeyedSingleton<IEmbeddingGenerator<DataContent, Embedding<float>>>(name, static (provider, key) =>
            new ArkEmbeddingGenerator(
                provider.GetRequiredKeyedService<ModelService>(key), (string)key!, ModelOptions(provider, key).Embedding));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IArkClassifier>(name));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>(name));
        return services.AddOptions<ArkModelOptions>(name).ValidateOnStart();
    }

    // All that a caller would otherwise wait for, or stumble over.
    private static void Start(IServiceProvider provider, string name)
    {
        _ = provider.GetRequiredKeyedService<IArkClassifier>(name);
        _ = provider.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>(name);
        provider.GetRequiredKeyedService<ModelService>(name).RunOnce();
    }

    private static ArkModelOptions ModelOptions(IServiceProvider provider, object? key) =>
        provider.GetRequiredService<IOptionsMonitor<ArkModelOptions>>().Get((string)key!);
}

using Ark;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Ark to a host.</summary>
public static class ArkServiceCollectionExtensions
{
    private const string ModelKind = "model";

    /// <summary>Adds image decoding, the built-in dataset adapters, the trainer, the evaluator, the extraction of embeddings, heat maps, calibration and fine-tuning. May be called more than once.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the shared options, which are those of the section <see cref="ArkOptions.SectionName"/> where the host has configuration.</param>
    /// <returns>A builder for models, datasets and training.</returns>
    public static IArkBuilder AddArk(this IServiceCollection services, Action<ArkOptions>? configure = null)
    {
        // First of all and once, so that whatever the host's code says wins.
        if (!services.Any(d => d.ServiceType == typeof(DatasetAdapterRegistry)))
            services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<ArkOptions>>(p => new ConfigureNamedOptions<ArkOptions, IServiceProvider>(Options.Options.DefaultName, p, FromConfiguration)));
        services.AddOptions<ArkOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddServing();
        if (configure is not null) services.Configure(configure);
        services.TryAddSingleton<IImageDecoder>(_ => new NetVipsImageDecoder());
        services.TryAddSingleton(CreateAdapters);
        services.TryAddSingleton(provider => new ArkDatasets(provider, provider.GetRequiredService<DatasetAdapterRegistry>(), provider.GetServices<DatasetDefinition>()));
        services.TryAddSingleton<IArkTrainer, ArkTrainer>();
        services.TryAddSingleton<IArkEvaluator, ArkEvaluator>();
        services.TryAddSingleton<EmbeddingExtractor>();
        services.TryAddSingleton<ModelPool>();
        services.TryAddSingleton(provider => new ArkExplainer(provider.GetRequiredService<IImageDecoder>(), provider.GetRequiredService<DecodingBudget>()));
        services.TryAddSingleton<ArkCalibrator>();
        services.TryAddSingleton<FineTuner>();
        services.AddSegmentation();
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
    /// Adds a model under a name: the keyed singletons <see cref="IArkClassifier"/>, <c>IEmbeddingGenerator&lt;DataContent, Embedding&lt;float&gt;&gt;</c> and <see cref="LoadedModel"/>,
    /// loaded when one is first asked for. Models of the same file, role and device share its weights, which are held once for each precision. Classifier and generator of the model that is added first are the unkeyed services too.
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

    /// <summary>Adds a model from configuration; an unknown key is an error when the host starts. See <see cref="AddModel(IArkBuilder, string, Action{ArkModelOptions})"/>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The key.</param>
    /// <param name="section">The section, such as <c>Ark:Models:chest</c>.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddModel(this IArkBuilder builder, string name, IConfigurationSection section)
    {
        AddModelOptions(builder, name, section.Path).BindSection(ModelKind, section);
        return builder;
    }

    /// <summary>Adds a way of storing datasets, which catalogues and definitions can then name as <c>adapter</c>.</summary>
    /// <typeparam name="TAdapter">The adapter; its constructor may ask for the <see cref="DatasetDefinition"/> and for any service of the host.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The adapter's name.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddDatasetAdapter<TAdapter>(this IArkBuilder builder, string name)
        where TAdapter : class, IDatasetAdapter
    {
        builder.Services.AddSingleton(new DatasetAdapterRegistration(name, registry => registry.Register<TAdapter>(name)));
        return builder;
    }

    /// <summary>Adds a dataset, for <see cref="ArkDatasets.GetRegistered"/>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="definition">The dataset.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddDataset(this IArkBuilder builder, DatasetDefinition definition)
    {
        builder.Services.AddSingleton(definition);
        return builder;
    }

    /// <summary>Adds the datasets of a section of configuration, which has the keys of a YAML catalogue; see <see cref="DatasetCatalogue.FromConfiguration"/>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="section">The section whose children are datasets.</param>
    /// <param name="baseDirectory">What relative paths are relative to; <see langword="null"/> for the working directory.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArkInputException">Something is not understood, or a path does not exist; the message names dataset and key.</exception>
    public static IArkBuilder AddDatasets(this IArkBuilder builder, IConfiguration section, string? baseDirectory = null)
    {
        foreach (var definition in DatasetCatalogue.FromConfiguration(section, baseDirectory).Select()) builder.AddDataset(definition);
        return builder;
    }

    /// <summary>Says how runs train that bring no options of their own; checked when the host starts.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddTraining(this IArkBuilder builder, Action<TrainingOptions>? configure = null)
    {
        var options = AddTrainingOptions(builder);
        if (configure is not null) options.Configure(configure);
        return builder;
    }

    /// <summary>Says how runs train that bring no options of their own, beginning with the published values of a recipe; checked when the host starts.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="configure">Changes the recipe's options.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddTraining(this IArkBuilder builder, TrainingRecipe recipe, Action<TrainingOptions>? configure = null)
    {
        AddTrainingOptions(builder).Configure(options => options.Use(recipe));
        return builder.AddTraining(configure);
    }

    /// <summary>Says from configuration how runs train that bring no options of their own; checked when the host starts, and an unknown key is an error.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="section">The section, such as <see cref="TrainingOptions.SectionName"/>.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddTraining(this IArkBuilder builder, IConfigurationSection section)
    {
        AddTrainingOptions(builder).Configure(options => options.Use(section.GetValue(nameof(TrainingOptions.Recipe), options.Recipe))).BindSection("training", section);
        return builder;
    }

    private static OptionsBuilder<TrainingOptions> AddTrainingOptions(IArkBuilder builder)
    {
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainingOptions>, TrainingOptionsValidator>());
        return builder.Services.AddOptions<TrainingOptions>().ValidateOnStart();
    }

    private static OptionsBuilder<ArkModelOptions> AddModelOptions(IArkBuilder builder, string name, string? section = null)
    {
        var services = builder.Services;
        var served = new ServedModel(ModelKind, name, section, provider => ModelOptions(provider, name).Loading, provider => Start(provider, name));
        services.AddServed<ArkModelOptions>(served);
        services.TryAddKeyedSingleton(name, (provider, key) =>
        {
            var options = ModelOptions(provider, key);
            var device = served.DeviceOf(options.Device, provider);
            return ModelLog.Loading(provider, served, options.Checkpoint, () => provider.GetRequiredService<ModelPool>().Get(name, options, device),
                m => ($"{m.Description.Architecture} at {m.Description.ImageSize}", options.Precision.ToString().ToLowerInvariant()));
        });
        services.TryAddKeyedSingleton(name, static (provider, key) =>
        {
            var options = ModelOptions(provider, key);
            return new ModelService(provider.GetRequiredKeyedService<LoadedModel>(key), provider.GetRequiredService<IImageDecoder>(),
                new ModelServiceOptions(options.MaxBatchSize, options.MaxBatchDelay, options.QueueCapacity, options.Precision),
                provider.GetRequiredService<DecodingBudget>(), new ServingWatch((string)key!, provider.GetRequiredService<ServingInstruments>(), ModelLog.For(provider)));
        });
        services.TryAddKeyedSingleton<IArkClassifier>(name, (provider, key) =>
        {
            var service = provider.GetRequiredKeyedService<ModelService>(key);
            return new ArkClassifier(service, ModelOptions(provider, key).Calibration is { } path ? served.Naming(nameof(ArkModelOptions.Calibration), () => Calibration.Load(path).CheckedFor(provider.GetRequiredKeyedService<LoadedModel>(key).Weights, service.Heads)) : null);
        });
        services.TryAddKeyedSingleton<IEmbeddingGenerator<DataContent, Embedding<float>>>(name, static (provider, key) =>
            new ArkEmbeddingGenerator(provider.GetRequiredKeyedService<ModelService>(key), (string)key!, ModelOptions(provider, key).Embedding));
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

    private static ArkModelOptions ModelOptions(IServiceProvider provider, object? key) => provider.GetRequiredService<IOptionsMonitor<ArkModelOptions>>().Get((string)key!);

    private static DatasetAdapterRegistry CreateAdapters(IServiceProvider provider)
    {
        var registry = new DatasetAdapterRegistry();
        foreach (var registration in provider.GetServices<DatasetAdapterRegistration>()) registration.Register(registry);
        return registry;
    }
}

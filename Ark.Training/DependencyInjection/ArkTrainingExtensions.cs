using Ark;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds datasets, training and evaluation to a host that has Ark.</summary>
public static class ArkTrainingExtensions
{
    /// <summary>Adds a way of storing datasets, which catalogues and definitions can then name as <c>adapter</c>.</summary>
    /// <typeparam name="TAdapter">The adapter; its constructor may ask for the <see cref="DatasetDefinition"/> and for any service of the
    /// host.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The adapter's name.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddDatasetAdapter<TAdapter>(this IArkBuilder builder, string name)
        where TAdapter : class, IDatasetAdapter
    {
        AddDatasetServices(builder.Services);
        builder.Services.AddSingleton(new DatasetAdapterRegistration(name, registry => registry.Register<TAdapter>(name)));
        return builder;
    }

    /// <summary>Adds a dataset, for <see cref="ArkDatasets.GetRegistered"/>.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="definition">The dataset.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddDataset(this IArkBuilder builder, DatasetDefinition definition)
    {
        AddDatasetServices(builder.Services);
        builder.Services.AddSingleton(definition);
        return builder;
    }

    /// <summary>
    /// Adds the datasets of a section of configuration, which has the keys of a YAML catalogue; see
    /// <see cref="DatasetCatalogue.FromConfiguration"/>.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="section">The section whose children are datasets.</param>
    /// <param name="baseDirectory">What relative paths are relative to; <see langword="null"/> for the working directory.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArkInputException">Something is not understood, or a path does not exist; the message names dataset and
    /// key.</exception>
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

    /// <summary>
    /// Says how runs train that bring no options of their own, beginning with the published values of a recipe; checked when the host
    /// starts.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="configure">Changes the recipe's options.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddTraining(this IArkBuilder builder, TrainingRecipe recipe, Action<TrainingOptions>? configure = null)
    {
        AddTrainingOptions(builder).Configure(options => options.Use(recipe));
        return builder.AddTraining(configure);
    }

    /// <summary>
    /// Says from configuration how runs train that bring no options of their own; checked when the host starts, and an unknown key is an
    /// error.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="section">The section, such as <see cref="TrainingOptions.SectionName"/>.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddTraining(this IArkBuilder builder, IConfigurationSection section)
    {
        AddTrainingOptions(builder)
            .Configure(options => options.Use(section.GetValue(nameof(TrainingOptions.Recipe), options.Recipe)))
            .BindSection("training", section);
        return builder;
    }

    private static OptionsBuilder<TrainingOptions> AddTrainingOptions(IArkBuilder builder)
    {
        AddDatasetServices(builder.Services);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TrainingOptions>, TrainingOptionsValidator>());
        return builder.Services.AddOptions<TrainingOptions>().ValidateOnStart();
    }

    /// <summary>Adds a way of storing masks, which catalogues can then name as <c>adapter</c>.</summary>
    /// <typeparam name="TAdapter">The adapter; its constructor may ask for the <see cref="DatasetDefinition"/> and for any service of the
    /// host.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The adapter's name.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddSegmentationAdapter<TAdapter>(this IArkBuilder builder, string name)
        where TAdapter : class, ISegmentationAdapter
    {
        AddDatasetServices(builder.Services);
        builder.Services.AddSingleton(new SegmentationAdapterRegistration(registry => registry.Register<TAdapter>(name)));
        return builder;
    }

    // All that works on datasets, whichever method of the builder comes first.
    private static void AddDatasetServices(IServiceCollection services)
    {
        if (services.Any(d => d.ServiceType == typeof(ArkDatasets))) return;
        services.AddSingleton(ParquetEmbeddings.Format);
        services.AddSingleton(new KnownSection(TrainingOptions.SectionName));
        services.TryAddSingleton(CreateAdapters);
        services.TryAddSingleton(CreateSegmentationAdapters);
        services.TryAddSingleton(provider => new ArkDatasets(
            provider, provider.GetRequiredService<DatasetAdapterRegistry>(), provider.GetServices<DatasetDefinition>()));
        services.TryAddSingleton<IArkTrainer, ArkTrainer>();
        services.TryAddSingleton<IArkEvaluator, ArkEvaluator>();
        services.TryAddSingleton<ArkCalibrator>();
        services.TryAddSingleton<LinearProbe>();
        services.TryAddSingleton<FineTuner>();
        services.TryAddSingleton<SegmentationTrainer>();
        services.TryAddSingleton<SegmentationEvaluator>();
    }

    private static DatasetAdapterRegistry CreateAdapters(IServiceProvider provider)
    {
        var registry = new DatasetAdapterRegistry();
        foreach (var registration in provider.GetServices<DatasetAdapterRegistration>()) registration.Register(registry);
        return registry;
    }

    private static SegmentationAdapterRegistry CreateSegmentationAdapters(IServiceProvider provider)
    {
        var registry = new SegmentationAdapterRegistry();
        foreach (var registration in provider.GetServices<SegmentationAdapterRegistration>()) registration.Register(registry);
        return registry;
    }
}

using Ark;
using Ark.Inference;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds segmentation to a host that has Ark.</summary>
public static class ArkSegmentationExtensions
{
    private const string SegmenterKind = "segmenter";

    /// <summary>
    /// Adds a segmentation network under a name: the keyed singletons <see cref="IArkSegmenter"/> and <see cref="LoadedSegmenter"/>, loaded
    /// when one is first asked for. The segmenter that is added first is the unkeyed service too.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The key.</param>
    /// <param name="configure">Sets the checkpoint, and what else differs from the defaults.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddSegmenter(this IArkBuilder builder, string name, Action<ArkSegmenterOptions> configure)
    {
        AddOptions(builder, name).Configure(configure);
        return builder;
    }

    /// <summary>
    /// Adds a segmentation network from configuration; an unknown key is an error when the host starts. See
    /// <see cref="AddSegmenter(IArkBuilder, string, Action{ArkSegmenterOptions})"/>.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The key.</param>
    /// <param name="section">The section, such as <c>Ark:Segmenters:organs</c>.</param>
    /// <returns>The builder.</returns>
    public static IArkBuilder AddSegmenter(this IArkBuilder builder, string name, IConfigurationSection section)
    {
        AddOptions(builder, name, section.Path).BindSection(SegmenterKind, section);
        return builder;
    }

    private static OptionsBuilder<ArkSegmenterOptions> AddOptions(IArkBuilder builder, string name, string? section = null)
    {
        var services = builder.Services;
        var served = new ServedModel(
            SegmenterKind, name, section, provider => Options(provider, name).Loading, provider => Start(provider, name));
        services.AddServed<ArkSegmenterOptions>(served);
        services.TryAddKeyedSingleton(name, (provider, key) =>
        {
            var options = Options(provider, key);
            var device = served.DeviceOf(options.Device, provider);
            return ModelLog.Loading(provider, served, options.Checkpoint, () => LoadedSegmenter.Load(options.Checkpoint, device),
                m => ($"{m.Structures.Count} structures at {m.ImageSize}", "fp32"));
        });
        services.TryAddKeyedSingleton<IArkSegmenter>(name, static (provider, key) =>
        {
            var options = Options(provider, key);
            return new ArkSegmenter(provider.GetRequiredKeyedService<LoadedSegmenter>(
                key), provider.GetRequiredService<IImageDecoder>(), options.MaxConcurrency, options.Stretch,
                options.RawMasks, provider.GetRequiredService<DecodingBudget>(),
                new ServingTelemetry((string)key!, provider.GetRequiredService<ServingInstruments>(), ModelLog.For(provider)));
        });
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IArkSegmenter>(name));
        return services.AddOptions<ArkSegmenterOptions>(name).ValidateOnStart();
    }

    private static void Start(IServiceProvider provider, string name)
    {
        _ = provider.GetRequiredKeyedService<IArkSegmenter>(name);
        var model = provider.GetRequiredKeyedService<LoadedSegmenter>(name);
        // Where callers' pictures are computed: what libtorch sets up there is part of what a ready host takes.
        ComputeThread.Run(
            () => model.Segment(new RasterImage(model.ImageSize, model.ImageSize, 1, new byte[model.ImageSize * model.ImageSize])),
            CancellationToken.None);
    }

    private static ArkSegmenterOptions Options(IServiceProvider provider, object? key) =>
        provider.GetRequiredService<IOptionsMonitor<ArkSegmenterOptions>>().Get((string)key!);
}

using System.Diagnostics.Metrics;
using Ark.Inference;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What all models of a host share when they serve callers.</summary>
internal static class ServingServices
{
    public static void AddServing(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new ServingInstruments(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<ArkOptions>>().Value;
            return new DecodingBudget(
                options.MaxDecodingBytes,
                provider.GetRequiredService<ServingInstruments>(),
                options.ReturnMemory ? new FreedMemory(options.MaxDecodingBytes / 2) : null);
        });
        services.TryAddSingleton(provider => new ModelStarter(
            provider, provider.GetServices<ServedModel>(), provider.GetService<ILogger<ModelStarter>>()));
        services.TryAddSingleton(provider => new ArkModelHealthCheck(provider.GetRequiredService<ModelStarter>()));
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IHostedService, ModelStarter>(provider => provider.GetRequiredService<ModelStarter>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ArkOptions>, ArkSectionValidator>(provider =>
            new ArkSectionValidator(
                provider.GetServices<ServedModel>(), provider.GetServices<KnownSection>(), provider.GetService<IConfiguration>())));
    }

    /// <summary>Tells the host of a model, so that messages about its options name it.</summary>
    public static void AddServed<TOptions>(this IServiceCollection services, ServedModel model)
        where TOptions : class
    {
        services.AddSingleton(model);
        services.AddSingleton<IValidateOptions<TOptions>>(new NamedOptionsValidator<TOptions>(model.Kind, model.Name, model.Section));
    }
}

using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary>The services that several commands need.</summary>
internal static class ServiceProviderExtensions
{
    public static IImageDecoder Decoder(this IServiceProvider services) => services.GetRequiredService<IImageDecoder>();
}

using Microsoft.Extensions.DependencyInjection;

namespace Ark.Inference;

internal sealed record ArkBuilder(IServiceCollection Services) : IArkBuilder;

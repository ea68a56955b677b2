using Microsoft.Extensions.DependencyInjection;

namespace Ark.Training;

internal sealed record ArkBuilder(IServiceCollection Services) : IArkBuilder;

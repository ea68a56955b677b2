using Microsoft.Extensions.DependencyInjection;

namespace Ark.Inference;

/// <summary>Adds models, datasets and training to a host that has Ark.</summary>
public interface IArkBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}

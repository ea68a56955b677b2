namespace Ark.Models;

/// <summary>The network that a file's weights go into.</summary>
/// <typeparam name="T">The network.</typeparam>
/// <param name="Backbone">Its backbone.</param>
/// <param name="Allocate">Makes it without drawing weights.</param>
internal sealed record ModelPlan<T>(SwinConfiguration Backbone, Func<T> Allocate)
    where T : SwinBackbone;

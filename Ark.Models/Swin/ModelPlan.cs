namespace Ark.Models;

/// <summary>The network that a file's weights go into.</summary>
/// <typeparam name="T">The network.</typeparam>
/// <param name="Backbone">Its backbone.</param>
/// <param name="Allocate">Makes it without drawing weights.</param>
/// <param name="IsDescribed">Whether the file says the shape itself, so that no tensor may have another, recomputed ones included.</param>
/// <param name="HasHeads">Whether it takes projector and heads too; else they are left out.</param>
internal sealed record ModelPlan<T>(SwinConfiguration Backbone, Func<T> Allocate, bool IsDescribed = false, bool HasHeads = false)
    where T : SwinBackbone;

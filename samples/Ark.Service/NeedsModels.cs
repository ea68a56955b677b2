namespace Ark.Service;

/// <summary>Marks an address that cannot answer before the models are loaded.</summary>
internal sealed class NeedsModels;

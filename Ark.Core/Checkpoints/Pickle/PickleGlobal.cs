namespace Ark;

/// <summary>A name on the allow-list, and what stands in the place of calling it.</summary>
/// <param name="Name">The full name.</param>
/// <param name="Construct">Makes the inert value from the arguments; <see langword="null"/> when the name may only be referred to.</param>
internal sealed record PickleGlobal(string Name, Func<PickleContext, PickleTuple, object?>? Construct);

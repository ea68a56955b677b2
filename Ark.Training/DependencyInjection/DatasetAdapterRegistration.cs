using Ark.Data;

namespace Ark.Training;

/// <summary>An adapter that a host adds to the built-in ones.</summary>
internal sealed record DatasetAdapterRegistration(string Name, Action<DatasetAdapterRegistry> Register);

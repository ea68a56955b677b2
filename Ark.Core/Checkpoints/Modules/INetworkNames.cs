namespace Ark;

/// <summary>What networks of one family call their tensors: enough to find their weights among other things.</summary>
internal interface INetworkNames
{
    /// <summary>What may stand before the names of such a network, nothing included; only what is worth a look.</summary>
    /// <param name="names">The names of a dictionary of tensors.</param>
    IEnumerable<string> Prefixes(IEnumerable<string> names);

    /// <summary>Whether a tensor is part of such a network although it lies beside the prefix.</summary>
    /// <param name="prefix">The prefix, empty for none.</param>
    /// <param name="name">The tensor's name.</param>
    bool Belongs(string prefix, string name);

    /// <summary>Tensors that a file holds in parts: the parts, first rows first, by the name of the whole.</summary>
    /// <param name="names">The names, without prefix.</param>
    IReadOnlyDictionary<string, string[]> Parts(IReadOnlyCollection<string> names);

    /// <summary>Whether these are the tensors of such a network.</summary>
    /// <param name="shapes">Their sizes by name.</param>
    bool Recognizes(IReadOnlyDictionary<string, long[]> shapes);
}

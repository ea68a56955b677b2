namespace Ark.Fuzz;

/// <summary>Nothing was thrown that may not be, but what came out is not what the door promises.</summary>
internal sealed class BrokenContractException(string message, Exception? inner = null) : Exception(message, inner);

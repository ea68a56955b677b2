using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>What validation came to after an epoch.</summary>
/// <param name="Losses">The validation loss of each dataset.</param>
/// <param name="SelectionLoss">The loss by which the best epoch is chosen.</param>
/// <param name="Message">A line for people.</param>
/// <param name="Records">Lines for the metrics.</param>
internal sealed record EpochOutcome(IReadOnlyList<double> Losses, double SelectionLoss, string Message, IReadOnlyList<JsonObject> Records);

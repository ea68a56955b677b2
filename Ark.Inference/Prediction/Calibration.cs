namespace Ark.Inference;

/// <summary>
/// Corrections that turn a model's outputs into probabilities that hold: of the images that are given 0.3, three in ten have the finding.
/// Immutable and thread-safe. Fitted by <c>ark calibrate</c>, kept in a JSON file of its own beside the checkpoint.
/// </summary>
/// <param name="Checkpoint">The name of the weight file that it was fitted for.</param>
/// <param name="Weights">Which of its networks.</param>
/// <param name="Heads">The heads that it corrects.</param>
public sealed record Calibration(string Checkpoint, ModelRole Weights, IReadOnlyList<HeadCalibration> Heads)
{
    /// <summary>Reads a calibration file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The calibration.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, or is no calibration.</exception>
    public static Calibration Load(string path) => CalibrationFile.Read(path);

    /// <summary>Writes the calibration; the file is whole or unchanged.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArkInputException">The file cannot be written.</exception>
    public void Save(string path) => CalibrationFile.Write(path, this);

    /// <summary>The correction of a model's head, its labels in the head's order; <see langword="null"/> where it has none.</summary>
    /// <exception cref="ArkInputException">The labels are others.</exception>
    internal HeadCalibration? For(ModelHead head)
    {
        if (Heads.FirstOrDefault(h => h.Name == head.Name) is not { } found) return null;
        if (found.Task != head.Labels.Task
            || found.Labels.Count != head.Labels.Count
            || !head.Labels.Names.All(n => found.Labels.Any(l => l.Name == n)))
            throw new ArkInputException(
                "calibration",
                $"head '{head.Name}'",
                "was fitted for a head with other labels than the model's",
                "Fit it for this checkpoint with 'ArkCalibrator'.");
        return found with { Labels = [.. head.Labels.Names.Select(n => found.Labels.First(l => l.Name == n))] };
    }

    /// <summary>
    /// Refuses a calibration that has nothing to say about a model, or was fitted for the other of a checkpoint's networks.
    /// </summary>
    internal Calibration CheckedFor(ModelRole weights, IReadOnlyList<ModelHead> heads)
    {
        if (weights != Weights)
        {
            throw new ArkInputException("calibration", null, $"was fitted for the {Weights.ToString().ToLowerInvariant()}, and the model "
                + $"is the {weights.ToString().ToLowerInvariant()}",
                "Use the network that it was fitted for ('Weights'), or fit it anew with 'ArkCalibrator'.");
        }

        if (heads.Any(h => For(h) is not null)) return this;
        throw new ArkInputException("calibration", null, $"was fitted for other heads ({string.Join(", ", Heads.Select(h => h.Name))}) "
            + $"than the model's ({string.Join(", ", heads.Select(h => h.Name))})",
            "Fit it for this checkpoint with 'ArkCalibrator'.");
    }
}

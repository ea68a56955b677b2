using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>A model with what one must know to use it. Owns the model.</summary>
public sealed class LoadedModel : IDisposable
{
    private LoadedModel(ArkModel model, ModelDescription description, ModelRole weights, Device device)
    {
        Model = model;
        Description = description;
        Weights = weights;
        Device = device;
    }

    /// <summary>The network, in evaluation mode.</summary>
    public ArkModel Model { get; }

    /// <summary>Its shape, its input and its heads.</summary>
    public ModelDescription Description { get; }

    /// <summary>Which of a run's two networks it is.</summary>
    public ModelRole Weights { get; }

    /// <summary>Where it lives.</summary>
    public Device Device { get; }

    /// <summary>Loads one network of a checkpoint that a run wrote.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="weights">Which network.</param>
    /// <param name="device">Where it shall live: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="ArkInputException">The file is no whole checkpoint, or does not describe its model.</exception>
    public static LoadedModel Load(string path, ModelRole weights = ModelRole.Teacher, string device = "cpu")
    {
        var target = torch.device(device);
        var (model, description) = TrainingCheckpoint.LoadNetwork(path, weights);
        model.to(target);
        model.eval();
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        return new LoadedModel(model, description, weights, target);
    }

    /// <summary>Disposes the network.</summary>
    public void Dispose() => Model.Dispose();

    /// <summary>The head that reads a dataset.</summary>
    internal int HeadOf(string dataset, LabelSchema labels)
    {
        var head = Enumerable.Range(0, Description.Heads.Count).FirstOrDefault(i => Description.Heads[i].Key == dataset, -1);
        var known = string.Join(", ", Description.Heads.Select(h => $"{h.Key} ({h.Value.Count})"));
        if (head < 0) throw new ArkInputException("checkpoint", $"head '{dataset}'", "the model has no head of that name", $"It has: {known}.");
        if (!Description.Heads[head].Value.Names.SequenceEqual(labels.Names, StringComparer.Ordinal))
        {
            throw new ArkInputException("checkpoint", $"head '{dataset}'", $"was trained on other labels than the dataset's: {string.Join(", ", Description.Heads[head].Value.Names)}",
                "Give the dataset the same labels in the same order.");
        }

        return head;
    }
}

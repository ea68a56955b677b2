using Ark.Inference;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// A trained student and teacher that a new run goes on from: both are taken over, and heads keep their datasets by name, so that knowledge
/// of further datasets is accrued to what the model has learnt.
/// </summary>
internal sealed class TrainedModel : IDisposable
{
    private const string HeadPrefix = "omni_heads.";
    private readonly string _path;
    private readonly LoadedModel _student;
    private readonly LoadedModel _teacher;

    private TrainedModel(string path, LoadedModel student, LoadedModel teacher)
    {
        (_path, _student, _teacher) = (path, student, teacher);
        // Heads of a file that does not name them answer no dataset that one could tell.
        Heads = [.. teacher.Description.Heads.Where(h => h.HasKnownLabels)];
    }

    /// <summary>The heads whose datasets are known.</summary>
    public IReadOnlyList<ArkHead> Heads { get; }

    /// <summary>What is to be said of the choice among the weights of the file.</summary>
    public string? Remark => _teacher.Remark;

    /// <summary>Opens a file that holds a model of Ark, student and teacher or one of them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reading">How to read it.</param>
    /// <returns>The model; <see langword="null"/> where the file holds something else, such as a backbone alone.</returns>
    public static TrainedModel? Open(string path, PyTorchLoadOptions reading)
    {
        var index = CheckpointFile.ReadIndex(path, reading);
        if (!index.Tensors.Any(t => t.Name.Contains(HeadPrefix, StringComparison.Ordinal))) return null;
        var holdsStudent = index.Root is PickleDictionary root
            && ((string[])["state_dict", "student"]).Any(k => root.Get<PickleDictionary>(k) is not null);
        var teacher = LoadedModel.LoadPlain(path, ModelRole.Teacher, reading);
        try
        {
            return new TrainedModel(path, holdsStudent ? LoadedModel.LoadPlain(path, ModelRole.Student, reading) : teacher, teacher);
        }
        catch
        {
            teacher.Dispose();
            throw;
        }
    }

    /// <summary>Copies the weights into the networks of a run; heads that the model lacks stay as they are.</summary>
    /// <exception cref="ArkInputException">The networks have another shape.</exception>
    public void CopyTo(ArkModel student, ArkModel teacher, ModelDescription description)
    {
        Copy(_student, student, description);
        Copy(_teacher, teacher, description);
    }

    public void Dispose()
    {
        _student.Dispose();
        _teacher.Dispose();
    }

    private void Copy(LoadedModel from, ArkModel to, ModelDescription description)
    {
        using var noGradient = no_grad();
        var stored = from.Model.state_dict();
        foreach (var (name, target) in to.state_dict())
        {
            if (StoredName(name, from.Description, description) is not { } key) continue;
            if (stored.TryGetValue(key, out var source) && source.shape.SequenceEqual(target.shape)) target.copy_(source);
            else throw Misfit(from.Description);
        }
    }

    private string? StoredName(string name, ModelDescription from, ModelDescription to)
    {
        if (!name.StartsWith(HeadPrefix, StringComparison.Ordinal)) return name;
        var end = name.IndexOf('.', HeadPrefix.Length);
        var head = to.Heads[
            int.Parse(name.AsSpan(HeadPrefix.Length, end - HeadPrefix.Length), System.Globalization.CultureInfo.InvariantCulture)].Name;
        return Heads.Any(h => h.Name == head) ? $"{HeadPrefix}{from.Heads.Select(h => h.Name).ToList().IndexOf(head)}{name[end..]}" : null;
    }

    private ArkInputException Misfit(ModelDescription from) => new(_path, null,
        $"holds a model of another shape: {from.Architecture} at {from.ImageSize} px with "
            + $"{(from.ProjectorFeatures == 0 ? "no" : from.UseMlpProjector ? "an MLP" : "a linear")} projector of "
            + $"{from.ProjectorFeatures} features",
        $"Go on with 'Architecture' {from.Architecture} 'ImageSize' {from.ImageSize} 'ProjectorFeatures' {from.ProjectorFeatures} "
        + $"'UseMlpProjector' {(from.UseMlpProjector ? "true" : "false")}.");
}

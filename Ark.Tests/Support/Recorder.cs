using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>Shows the output of a network's parts, under the names of the reference, while it runs.</summary>
internal sealed class Recorder : IDisposable
{
    private readonly List<Action> _removals = [];

    public static Recorder Attach(SwinBackbone model, Action<string, Tensor> show)
    {
        var recorder = new Recorder();
        Hook("patch_embed", model.Patches);
        foreach (var (name, module) in model.named_children().Where(c => c.name is "norm" or "projector")) Hook(name, module);
        for (var stage = 0; stage < model.Stages.Count; stage++)
        {
            Hook($"stage{stage}", model.Stages[stage]);
            for (var block = 0; block < model.Stages[stage].blocks.Count; block++)
                Hook($"stage{stage}.block{block}", model.Stages[stage].blocks[block]);
        }

        return recorder;

        void Hook(string name, nn.Module module)
        {
            var remover = ((nn.Module<Tensor, Tensor>)module).register_forward_hook((_, _, output) =>
            {
                show(name, output);
                return null!;
            });
            recorder._removals.Add(remover.remove);
        }
    }

    public void Dispose()
    {
        _removals.ForEach(remove => remove());
        _removals.Clear();
    }
}

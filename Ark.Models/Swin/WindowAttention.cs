using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Multi-head self-attention within windows, with a learnt bias for each relative position of two tokens:
/// <c>[windows, tokens, C]</c> to the same.
/// </summary>
internal sealed class WindowAttention : nn.Module<Tensor, Tensor?, Tensor>
{
    internal Parameter relative_position_bias_table;
    internal Tensor relative_position_index;
    internal readonly Linear qkv;
    internal readonly Linear proj;
    private readonly int _heads;
    private readonly int _headChannels;
    private readonly int _tokens;
    private readonly int _positions;
    private readonly double _dropRate;
    private readonly double _attentionDropRate;

    public WindowAttention(SwinConfiguration configuration, int stage, Device? device)
        : base(nameof(WindowAttention))
    {
        var channels = configuration.ChannelsOf(stage);
        var window = configuration.WindowOf(stage).Size;
        _heads = configuration.NumHeads[stage];
        _headChannels = channels / _heads;
        _tokens = window * window;
        Scale = Math.Pow(_headChannels, -0.5).ToScalar();
        _dropRate = configuration.DropRate;
        _attentionDropRate = configuration.AttentionDropRate;
        _positions = ((2 * window) - 1) * ((2 * window) - 1);
        relative_position_bias_table = Layers.Parameter(device, _positions, _heads);
        relative_position_index = Layers.Owned(tensor(RelativePositions(window), [_tokens, _tokens], device: device));
        qkv = Layers.Linear(channels, 3 * channels, configuration.QkvBias, device);
        proj = Layers.Linear(channels, channels, bias: true, device);
        register_parameter(nameof(relative_position_bias_table), relative_position_bias_table);
        register_buffer(nameof(relative_position_index), relative_position_index);
        register_module(nameof(qkv), qkv);
        register_module(nameof(proj), proj);
    }

    /// <summary>What scores are multiplied by, held as the native scalar: see <see cref="KeptScalar"/>.</summary>
    internal Scalar Scale { get; }

    /// <summary>Attends.</summary>
    /// <param name="windows"><c>[B * W, tokens, C]</c>, the windows of an image beside each other.</param>
    /// <param name="mask"><c>[W, tokens, tokens]</c>, added to the scores; or <see langword="null"/>.</param>
    public override Tensor forward(Tensor windows, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var count = windows.size(0);
        // Windows with masks of their own stand beside the heads, so that one bias [W * heads, tokens, tokens] serves the whole batch.
        var masks = mask is null ? 1 : mask.size(0);
        var batch = count / masks;
        var groups = masks * _heads;
        var parts = qkv.Apply(windows).view(batch, masks, _tokens, 3, _heads, _headChannels).permute(3, 0, 1, 4, 2, 5)
            .reshape(3, batch, groups, _tokens, _headChannels).unbind(0);
        var bias = Bias(mask);
        var learns = relative_position_bias_table.requires_grad && (training || is_grad_enabled());
        var attended = !learns
            ? nn.functional.scaled_dot_product_attention(
                parts[0], parts[1], parts[2], bias.to(windows.dtype), training ? _attentionDropRate : 0)
            : Explicit(parts[0], parts[1], parts[2], bias);
        var merged = attended.reshape(batch, masks, _heads, _tokens, _headChannels).transpose(2, 3).reshape(
            count, _tokens, _heads * _headChannels);
        var result = proj.Apply(merged);
        if (_dropRate > 0 && training) result = nn.functional.dropout(result, _dropRate, training: true);
        return result.MoveToOuterDisposeScope();
    }

    public void Initialize(Generator? generator)
    {
        Initialization.Default(qkv, generator);
        Initialization.Default(proj, generator);
        Initialization.TruncatedNormal(relative_position_bias_table, generator);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) Scale.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// The fused operator has no fused gradient for its bias, so training takes the formula apart, with and without gradients alike.
    /// </summary>
    private Tensor Explicit(Tensor query, Tensor key, Tensor value, Tensor bias)
    {
        var (batch, groups) = (query.size(0), query.size(1));
        long[] flat = [batch * groups, _tokens, _headChannels];
        var scores = query.reshape(flat).bmm(key.reshape(flat).transpose(1, 2)).view(batch, groups, _tokens, _tokens);
        // The bias keeps its type, and so sum and softmax do, whatever the products are in.
        var weights = add(bias, scores, Scale).softmax(-1).to(query.dtype);
        if (_attentionDropRate > 0 && training) weights = nn.functional.dropout(weights, _attentionDropRate, training: true);
        return weights.view(batch * groups, _tokens, _tokens).bmm(value.reshape(flat));
    }

    /// <summary>
    /// What is added to the scores: <c>[1, W * heads, tokens, tokens]</c>, where W is 1 without a mask. Only with four dimensions is the
    /// operator fused.
    /// </summary>
    private Tensor Bias(Tensor? mask)
    {
        // Rows of a longer table would be those of other positions; of a shorter one some would be missing.
        if (relative_position_bias_table.size(0) != _positions)
            throw new InvalidOperationException(
                $"A table of relative positions has {relative_position_bias_table.size(0)} rows; the window has {_positions} positions.");
        var bias = relative_position_bias_table
            .index_select(0, relative_position_index.view(-1))
            .view(_tokens, _tokens, _heads)
            .permute(2, 0, 1)
            .contiguous();
        if (mask is not null) bias = bias.Plus(mask.unsqueeze(1));
        return bias.view(1, -1, _tokens, _tokens);
    }

    /// <summary>For each pair of a window's tokens the row of the bias table that holds their relative position.</summary>
    internal static long[] RelativePositions(int window)
    {
        var tokens = window * window;
        var span = (2 * window) - 1;
        var index = new long[tokens * tokens];
        for (var to = 0; to < tokens; to++)
        {
            for (var from = 0; from < tokens; from++)
            {
                var rows = (to / window) - (from / window) + window - 1;
                var columns = (to % window) - (from % window) + window - 1;
                index[(to * tokens) + from] = (rows * span) + columns;
            }
        }

        return index;
    }
}

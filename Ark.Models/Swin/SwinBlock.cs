using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Attention within (shifted) windows, then an MLP, each a residual branch: <c>[B, H, W, C]</c> to the same.</summary>
internal sealed class SwinBlock : nn.Module<Tensor, Tensor>
{
    internal const float Masked = -100;

    internal Tensor? attn_mask;
    internal readonly LayerNorm norm1;
    internal readonly WindowAttention attn;
    internal readonly LayerNorm norm2;
    internal readonly Mlp mlp;
    private readonly DropPath _dropPath;
    private readonly int _window;
    private readonly int _shift;
    private readonly (int Height, int Width) _padded;

    public SwinBlock(SwinConfiguration configuration, int stage, bool shifted, DropPath dropPath, Device? device)
        : base(nameof(SwinBlock))
    {
        var channels = configuration.ChannelsOf(stage);
        (_window, var shift) = configuration.WindowOf(stage);
        _shift = shifted ? shift : 0;
        _padded = configuration.PaddedResolutionOf(stage);
        _dropPath = dropPath;
        norm1 = Layers.Norm(channels, device);
        attn = new WindowAttention(configuration, stage, device);
        norm2 = Layers.Norm(channels, device);
        mlp = new Mlp(channels, (int)(channels * configuration.MlpRatio), configuration.DropRate, device);
        if (_shift > 0)
        {
            attn_mask = Layers.Owned(ShiftMask(_padded.Height, _padded.Width, _window, _shift, device));
            register_buffer(nameof(attn_mask), attn_mask);
        }

        register_module(nameof(norm1), norm1);
        register_module(nameof(attn), attn);
        register_module(nameof(norm2), norm2);
        register_module(nameof(mlp), mlp);
    }

    /// <summary>What attention and MLP compute in: the tokens' own type, or bfloat16 between norms and sums that keep it.</summary>
    internal ScalarType Precision { get; set; } = ScalarType.Float32;

    /// <summary>The window's side, its shift and the drop-path rate.</summary>
    internal (int Window, int Shift, float DropPathRate) Geometry => (_window, _shift, _dropPath.Rate);

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (tokens.size(1), tokens.size(2));
        var normed = norm1.call(tokens).In(Precision);
        var isPadded = _padded != (height, width);
        if (isPadded) normed = nn.functional.pad(normed, [0, 0, 0, _padded.Width - width, 0, _padded.Height - height]);
        if (_shift > 0) normed = normed.roll([-_shift, -_shift], [1, 2]);
        var attended = Merge(attn.forward(Partition(normed, _window), attn_mask), _window, _padded.Height, _padded.Width);
        if (_shift > 0) attended = attended.roll([_shift, _shift], [1, 2]);
        if (isPadded) attended = attended.narrow(1, 0, height).narrow(2, 0, width);
        var x = _dropPath.Add(tokens, attended.to(tokens.dtype), training);
        return _dropPath.Add(x, mlp.forward(norm2.call(x).In(Precision)).to(tokens.dtype), training).MoveToOuterDisposeScope();
    }

    /// <summary>For each of so many images the factors of the branches of attention and MLP; <see langword="null"/> for 1.</summary>
    internal (float[]? Attention, float[]? Mlp) DrawDropPaths(long images) =>
        (_dropPath.Draw(images, training), _dropPath.Draw(images, training));

    public void Initialize(Generator? generator)
    {
        attn.Initialize(generator);
        mlp.Initialize(generator);
    }

    /// <summary><c>[B, H, W, C]</c> to <c>[B * windows, window * window, C]</c>, the windows of an image row by row.</summary>
    internal static Tensor Partition(Tensor tokens, int window)
    {
        using var scope = NewDisposeScope();
        var (rows, columns, channels) = (tokens.size(1) / window, tokens.size(2) / window, tokens.size(3));
        return tokens.view(-1, rows, window, columns, window, channels).transpose(2, 3).reshape(-1, window * window, channels)
            .MoveToOuterDisposeScope();
    }

    /// <summary>The inverse of <see cref="Partition"/>.</summary>
    internal static Tensor Merge(Tensor windows, int window, long height, long width)
    {
        using var scope = NewDisposeScope();
        var channels = windows.size(2);
        return windows.view(-1, height / window, width / window, window, window, channels).transpose(2, 3).reshape(
            -1, height, width, channels)
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>[windows, tokens, tokens]</c>: 0 between tokens that were neighbours before the shift, <see cref="Masked"/> between tokens that
    /// the cyclic shift brought together.
    /// </summary>
    internal static Tensor ShiftMask(int height, int width, int window, int shift, Device? device)
    {
        using var scope = NewDisposeScope();
        var regions = new float[height * width];
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++) regions[(row * width) + column] = (3 * Band(row, height)) + Band(column, width);
        }

        var windows = Partition(tensor(regions, [1, height, width, 1], device: device), window).squeeze(-1);
        var apart = windows.unsqueeze(1).ne(windows.unsqueeze(2));
        return apart.to(ScalarType.Float32).Times(Masked).MoveToOuterDisposeScope();

        int Band(int position, int length) => position < length - window ? 0 : position < length - shift ? 1 : 2;
    }
}

/// <summary>Linear, GELU, Linear over the last dimension.</summary>
internal sealed class Mlp : nn.Module<Tensor, Tensor>
{
    internal readonly Linear fc1;
    internal readonly Linear fc2;
    private readonly double _dropRate;

    public Mlp(int channels, int hidden, double dropRate, Device? device)
        : base(nameof(Mlp))
    {
        _dropRate = dropRate;
        fc1 = Layers.Linear(channels, hidden, bias: true, device);
        fc2 = Layers.Linear(hidden, channels, bias: true, device);
        register_module(nameof(fc1), fc1);
        register_module(nameof(fc2), fc2);
    }

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var hidden = Drop(nn.functional.gelu(fc1.Apply(tokens)));
        return Drop(fc2.Apply(hidden)).MoveToOuterDisposeScope();
    }

    public void Initialize(Generator? generator)
    {
        Initialization.Default(fc1, generator);
        Initialization.Default(fc2, generator);
    }

    private Tensor Drop(Tensor x) => _dropRate > 0 && training ? nn.functional.dropout(x, _dropRate, training: true) : x;
}

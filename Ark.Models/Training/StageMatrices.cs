namespace Ark.Models;

/// <summary>What all blocks of a stage share.</summary>
internal sealed class StageMatrices : IDisposable
{
    public StageMatrices(SwinConfiguration configuration, int stage, bool bf16)
    {
        Geometry = new StageGeometry(configuration, stage);
        Heads = configuration.NumHeads[stage];
        var (channels, hidden) = (Geometry.Channels, Geometry.Hidden);
        QueryScale = MathF.Pow(channels / Heads, -0.5f);
        (Norm1, Norm2) = (new NormLayer(channels), new NormLayer(channels));
        Qkv = PackedMatrix.Reserve(3 * channels, channels, bf16);
        Proj = PackedMatrix.Reserve(channels, channels, bf16);
        Fc1 = PackedMatrix.Reserve(hidden, channels, bf16);
        Fc2 = PackedMatrix.Reserve(channels, hidden, bf16);
        QkvBack = PackedMatrix.Reserve(channels, 3 * channels, bf16);
        ProjBack = PackedMatrix.Reserve(channels, channels, bf16);
        Fc1Back = PackedMatrix.Reserve(channels, hidden, bf16);
        Fc2Back = PackedMatrix.Reserve(hidden, channels, bf16);
    }

    public StageGeometry Geometry { get; }

    public int Heads { get; }

    public float QueryScale { get; }

    public NormLayer Norm1 { get; }

    public NormLayer Norm2 { get; }

    public PackedMatrix Qkv { get; }

    public PackedMatrix Proj { get; }

    public PackedMatrix Fc1 { get; }

    public PackedMatrix Fc2 { get; }

    public PackedMatrix QkvBack { get; }

    public PackedMatrix ProjBack { get; }

    public PackedMatrix Fc1Back { get; }

    public PackedMatrix Fc2Back { get; }

    public void Dispose()
    {
        foreach (var part in (ReadOnlySpan<IDisposable>)
            [Geometry, Norm1, Norm2, Qkv, Proj, Fc1, Fc2, QkvBack, ProjBack, Fc1Back, Fc2Back])
            part.Dispose();
    }
}

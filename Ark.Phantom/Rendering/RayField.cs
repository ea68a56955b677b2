namespace Ark.Phantom;

/// <summary>
/// What each pixel's ray meets, in cm of path. Parts are added by painters; <see cref="Attenuation"/> sums them up after Beer and Lambert.
/// </summary>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
internal sealed class RayField(int width, int height)
{
    /// <summary>Attenuation of soft tissue, per cm, at the beam's effective energy.</summary>
    internal const float SoftTissue = 0.20f;

    /// <summary>What bone attenuates beyond soft tissue, per cm.</summary>
    internal const float BoneExcess = 0.30f;

    /// <summary>Columns.</summary>
    public int Width { get; } = width;

    /// <summary>Rows.</summary>
    public int Height { get; } = height;

    /// <summary>The path through the body; the lungs' part of it included.</summary>
    public float[] Body { get; } = new float[width * height];

    /// <summary>The part of the path that runs through lung.</summary>
    public float[] Lung { get; } = new float[width * height];

    /// <summary>The share of the lung's path that is filled with fluid or tissue.</summary>
    public float[] Filled { get; } = new float[width * height];

    /// <summary>The share of the lung's path that is free air.</summary>
    public float[] Free { get; } = new float[width * height];

    /// <summary>The path through solid things that lie in the lung: vessels, nodules.</summary>
    public float[] Solid { get; } = new float[width * height];

    /// <summary>The path through bone.</summary>
    public float[] Bone { get; } = new float[width * height];

    /// <summary>The attenuation of tubes and wires.</summary>
    public float[] Metal { get; } = new float[width * height];

    /// <summary>The line integrals of attenuation.</summary>
    /// <param name="lungAttenuation">The aerated lung's attenuation, per cm.</param>
    /// <returns>One number per pixel.</returns>
    public float[] Attenuation(float lungAttenuation)
    {
        var sum = new float[Body.Length];
        for (var i = 0; i < sum.Length; i++)
        {
            var lung = Math.Min(Lung[i], 0.9f * Body[i]);
            var filled = Math.Clamp(Filled[i], 0f, 1f);
            var free = Math.Clamp(Free[i], 0f, 1f) * (1 - filled);
            var solid = Math.Min(Solid[i], lung * (1 - free) * (1 - filled));
            var aerated = (lung * (1 - free - filled)) - solid;
            sum[i] = (SoftTissue * (Math.Max(0, Body[i] - lung) + (lung * filled) + solid)) + (lungAttenuation * Math.Max(
                0, aerated)) + (BoneExcess * Bone[i]) + Metal[i];
        }

        return sum;
    }
}

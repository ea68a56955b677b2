using static Ark.Phantom.PortableMath;

namespace Ark.Phantom;

/// <summary>Paints spine, ribs, clavicles, shoulder blades and upper arms.</summary>
/// <param name="thorax">The thorax.</param>
/// <param name="pose">The pose.</param>
/// <param name="projection">The projection.</param>
/// <param name="strokes">Paints tubes.</param>
internal sealed class SkeletonPainter(Thorax thorax, Pose pose, Projection projection, Strokes strokes)
{
    private const int Ribs = 11;
    private const int RibPoints = 22;

    /// <summary>Paints all bones.</summary>
    /// <param name="field">Receives the paths.</param>
    /// <param name="random">The patient's stream for bones.</param>
    /// <param name="masks">Receive the masks of clavicles and ribs.</param>
    public void Paint(RayField field, RandomStream random, IReadOnlyDictionary<PhantomStructure, byte[]> masks)
    {
        var bone = new float[field.Bone.Length];
        Spine(bone, field.Width, random);
        for (var rib = 0; rib < Ribs; rib++)
        {
            var jitter = random.Uniform(-0.2, 0.2);
            var radius = thorax.Anatomy.RibRadius * random.Uniform(0.92, 1.08) * (rib == 0 ? 1.15 : 1);
            Rib(bone, rib, jitter, radius, -1, masks[PhantomStructure.RightRibs]);
            Rib(bone, rib, jitter, radius, 1, masks[PhantomStructure.LeftRibs]);
        }

        foreach (var side in (ReadOnlySpan<int>)[-1, 1])
        {
            Clavicle(
                bone, side, random.Uniform(-0.25, 0.25), masks[side > 0 ? PhantomStructure.LeftClavicle : PhantomStructure.RightClavicle]);
            ShoulderBlade(bone, field.Width, side);
            UpperArm(bone, side);
        }

        for (var i = 0; i < bone.Length; i++) field.Bone[i] += bone[i] * (float)thorax.Anatomy.BoneDensity;
    }

    private void Spine(float[] bone, int width, RandomStream random)
    {
        var plane = projection.Plane(-4);
        var pitch = (float)(2.25 * random.Uniform(0.95, 1.05));
        var start = (float)random.Uniform(-10, -8);
        for (var i = 0; i < bone.Length; i++)
        {
            var row = i / width;
            var (x, y) = (plane.X(i - (row * width), row), plane.Y(i - (row * width), row));
            if (Math.Abs(x) > 5) continue;
            x -= (float)thorax.Anatomy.SpineX(y);
            if (Math.Abs(x) > 3) continue;
            var level = (y - start) / pitch;
            var phase = level - MathF.Floor(level) - 0.5f;
            var half = 1.35f + (0.016f * Math.Max(0, y)) + (0.35f * phase * phase);
            var q = x / half;
            var body = q is > -1 and < 1 ? MathF.Sqrt(1 - (q * q * q * q)) : 0;
            var disc = 1 - Step(0.36f, 0.45f, Math.Abs(phase));
            var pedicle = Dot(Math.Abs(x) - (0.62f * half), (phase + 0.12f) * pitch, 0.34f, 0.48f);
            var spinous = Dot(x, (phase - 0.2f) * pitch, 0.3f, 0.6f);
            var transverse = Math.Abs(x) < 2.9f ? Dot(0, (phase + 0.16f) * pitch, 1, 0.42f) * 0.4f : 0;
            bone[i] += (body * (0.35f + (0.65f * disc))) + (0.9f * pedicle) + (0.9f * spinous) + transverse;
        }
    }

    private static float Dot(float x, float y, float rx, float ry)
    {
        var q = 1 - (x * x / (rx * rx)) - (y * y / (ry * ry));
        return q <= 0 ? 0 : MathF.Sqrt(q);
    }

    private void Rib(float[] bone, int index, double jitter, double radius, int side, byte[] mask)
    {
        var start = -0.9 + (thorax.Anatomy.RibPitch * thorax.H / 24 * index) + jitter;
        var fall = thorax.Anatomy.RibSlope * Math.Min(1, 0.42 + (0.16 * index)) * (thorax.H / 24);
        var reach = thorax.Outer((float)Math.Clamp(start + (0.5 * fall), 0.06 * thorax.H, thorax.H)) + 0.35;
        var depth = 0.5 * thorax.Depth * (index == 0 ? 0.75 : 1.03);
        // Upper ribs end near the breastbone, lower ones at the side; cartilage in front does not show.
        var end = 2.45 - (0.055 * index);
        Span<StrokePoint> points = stackalloc StrokePoint[RibPoints];
        var (px, py, pz) = (0.0, 0.0, 0.0);
        for (var k = -1; k < RibPoints; k++)
        {
            var theta = 0.17 + ((end - 0.17) * k / (RibPoints - 1));
            var sin = Sin(theta);
            var (x, y, z) = (
                side * reach * ((0.9 * sin) + (0.1 * sin * sin)),
                start + (fall * 0.5 * (1 - Cos(theta))) - (0.9 * sin * (1 - sin)),
                -depth * Cos(theta));
            if (k >= 0)
            {
                // A flat bone: where the rib runs along the beam, the ray stays in it for longer.
                var (dx, dy, dz) = (x - px, y - py, z - pz);
                var across = Math.Sqrt((dx * dx) + (dy * dy));
                var stretch = Math.Min(2.1, Math.Sqrt((across * across) + (dz * dz)) / Math.Max(across, 1e-6));
                var p = projection.Project(x, y, z);
                var front = theta > 1.9 ? 0.78 : 1;
                points[k] = new StrokePoint(p.X, p.Y, (float)radius * p.Scale, (float)(0.62 * radius / 0.65 * stretch * front));
            }

            (px, py, pz) = (x, y, z);
        }

        // Back and front cross in the picture and must add up, so they are two tubes.
        const int turn = RibPoints / 2;
        strokes.Add(points[..(turn + 1)], 0.62f, bone, mask);
        strokes.Add(points[turn..], 0.62f, bone, mask);
    }

    private void Clavicle(float[] bone, int side, double jitter, byte[] mask)
    {
        var lift = thorax.Anatomy.ClavicleTilt + jitter;
        Span<StrokePoint> points = stackalloc StrokePoint[12];
        for (var k = 0; k < points.Length; k++)
        {
            var t = k / (points.Length - 1.0);
            var y = 4.0 - (lift * t) - (0.9 * Sin(t * Math.PI)) + (0.5 * Sin(t * 2 * Math.PI));
            var p = projection.Project(side * (1.7 + (14.5 * t)), y, 7 - (6 * t));
            var radius = 0.62 + (0.35 * (1 - t) * (1 - t)) + (0.15 * t);
            points[k] = new StrokePoint(p.X, p.Y, (float)(radius * thorax.Anatomy.RibRadius / 0.62 * p.Scale), 1.35f);
        }

        strokes.Add(points, 0.65f, bone, mask);
    }

    private void ShoulderBlade(float[] bone, int width, int side)
    {
        // A thin triangle: its inner border is nearly vertical, its outer border is thick.
        var plane = projection.Plane(-9);
        var inner = (float)pose.ScapulaX;
        const float top = 2.2f;
        const float bottom = 16.5f;
        for (var i = 0; i < bone.Length; i++)
        {
            var row = i / width;
            var (x, y) = ((side * plane.X(i - (row * width), row)) - inner, plane.Y(i - (row * width), row));
            if (x < -1 || x > 9 || y < top - 1 || y > bottom + 1) continue;
            var v = (y - top) / (bottom - top);
            var outer = 6.8f * (1 - v);
            var inside = Step(-0.3f, 0.3f, x - (0.9f * v * v)) * Step(-0.3f, 0.3f, outer + 1.2f - x) * Step(
                top - 0.3f, top + 0.3f, y) * (1 - Step(bottom - 0.5f, bottom + 0.5f, y));
            bone[i] += 0.22f * inside;
        }

        Line(bone, 0.42, 0.5f, (side * (inner + 7.6), 3.4, -9), (side * (inner + 4.4), 9.5, -9), (side * (inner + 1.3), bottom - 0.3, -9));
        Line(bone, 0.5, 0.45f, (side * (inner + 0.4), 4.6, -10), (side * (inner + 5), 2.4, -9), (side * (inner + 8.5), 1.0, -6));
        Line(bone, 0.25, 0.3f, (side * inner, top + 0.2, -9), (side * (inner + 0.2), 9, -9), (side * (inner + 1.0), bottom - 0.4, -9));
    }

    private void UpperArm(float[] bone, int side)
    {
        var (x, y) = pose.ArmsDown ? (21.5, 26.0) : (33.0, 9.5);
        Line(bone, 2.2, 1.6f, (side * 19.4, 4.2, -2), (side * 19.9, 4.9, -2));
        Line(bone, 1.15, 1.4f, (side * 20, 5.2, -2), (side * x, y, -2));
    }

    private void Line(float[] bone, double radius, float path, params ReadOnlySpan<(double X, double Y, double Z)> line)
    {
        // A few points, written out by the callers.
        Span<StrokePoint> points = stackalloc StrokePoint[line.Length];
        for (var k = 0; k < line.Length; k++)
        {
            var p = projection.Project(line[k].X, line[k].Y, line[k].Z);
            points[k] = new StrokePoint(p.X, p.Y, (float)radius * p.Scale, path);
        }

        strokes.Add(points, 0.6f, bone);
    }
}

using System.Runtime.InteropServices;

namespace Ark.Phantom;

/// <summary>A point of a projected tube.</summary>
/// <param name="X">The column.</param>
/// <param name="Y">The row.</param>
/// <param name="Radius">The tube's radius in pixels.</param>
/// <param name="Path">The ray's path through the middle of the tube there, in cm (or whatever the buffer holds).</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StrokePoint(float X, float Y, float Radius, float Path);

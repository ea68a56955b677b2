using System.Runtime.InteropServices;

namespace Ark.Phantom;

/// <summary>Where a finding shows: the smallest box, in pixels, around the part of it that changes the picture noticeably.</summary>
/// <param name="Finding">The finding.</param>
/// <param name="X">The first column.</param>
/// <param name="Y">The first row.</param>
/// <param name="Width">Columns, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PhantomBox(PhantomFinding Finding, int X, int Y, int Width, int Height);

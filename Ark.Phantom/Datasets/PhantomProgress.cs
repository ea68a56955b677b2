using System.Runtime.InteropServices;

namespace Ark.Phantom;

/// <summary>How far the writing of phantom datasets is.</summary>
/// <param name="Done">Images written.</param>
/// <param name="Total">Images in all.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PhantomProgress(int Done, int Total);

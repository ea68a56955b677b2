using System.Runtime.InteropServices;

namespace Ark.Inference;

/// <summary>A head that reads a dataset.</summary>
/// <param name="Index">Which one.</param>
/// <param name="Order">The head's output for each label of the dataset; <see langword="null"/> where both have the same order.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HeadChoice(int Index, IReadOnlyList<int>? Order);

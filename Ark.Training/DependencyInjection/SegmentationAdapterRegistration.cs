using Ark.Data;

namespace Ark.Training;

/// <summary>A segmentation adapter that a host adds to the built-in ones.</summary>
internal sealed record SegmentationAdapterRegistration(Action<SegmentationAdapterRegistry> Register);

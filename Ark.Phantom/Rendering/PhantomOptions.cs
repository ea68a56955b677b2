namespace Ark.Phantom;

/// <summary>What a phantom radiograph is to show, and how it is taken.</summary>
public sealed record PhantomOptions
{
    /// <summary>The virtual patient: pictures of one patient share build, ribs and vessels.</summary>
    /// <value>0 by default.</value>
    public ulong Patient { get; init; }

    /// <summary>Which picture of the patient: position, exposure, noise and the place of findings differ between pictures.</summary>
    /// <value>0 by default.</value>
    public ulong Exposure { get; init; }

    /// <summary>The view.</summary>
    /// <value>Posteroanterior by default.</value>
    public PhantomView View { get; init; }

    /// <summary>What to show; a finding named twice counts once.</summary>
    /// <value>Nothing by default.</value>
    public IReadOnlyCollection<PhantomFinding> Findings { get; init; } = [];

    /// <summary>The equipment: size of the picture, grey curve, noise.</summary>
    /// <value><see cref="PhantomScanner.Standard"/> by default.</value>
    public PhantomScanner Scanner { get; init; } = PhantomScanner.Standard;
}

namespace Ark.Phantom;

/// <summary>
/// Renders chest radiograph phantoms: a parametric thorax is projected (Beer–Lambert, closed-form paths), findings are placed in it, and a
/// detector model takes the picture. It imitates what a radiograph looks like; it is no model of any disease. Thread-safe; the same
/// arguments give the same bytes on every platform.
/// </summary>
public static class PhantomGenerator
{
    /// <summary>Counts up whenever the same seed renders other pixels than before.</summary>
    public const int Version = 2;

    // Each part draws from its own stream, so that adding a finding leaves everything else of a picture as it was.
    private enum Part : ulong
    {
        Anatomy = 1,
        Bones,
        Vessels,
        Pose,
        Shape,
        SoftTissue,
        Hollow,
        Lung,
        Devices,
        Exposure,
        Noise,
        Overlay,
        Finding = 100,
    }

    /// <summary>Renders a picture.</summary>
    /// <param name="seed">The seed of the whole family of patients.</param>
    /// <param name="options">Who, what, and how.</param>
    /// <returns>The picture and its truth.</returns>
    /// <exception cref="ArgumentException">The scanner's size or another figure is out of range.</exception>
    public static PhantomRadiograph Render(ulong seed, PhantomOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var scanner = options.Scanner;
        Check(scanner);
        var findings = options.Findings.ToHashSet();

        var anatomy = new Anatomy(new RandomStream(seed, options.Patient, (ulong)Part.Anatomy));
        var pose = new Pose(options.View, Stream(Part.Pose));
        var thorax = new Thorax(anatomy, pose, findings, Stream(Part.Shape));
        var projection = new Projection(pose, scanner, 0.53 * anatomy.LungHeight, thorax.W);
        var field = new RayField(scanner.Width, scanner.Height);
        var strokes = new Strokes(scanner.Width, scanner.Height);
        PhantomStructure[] bones =
        [
            PhantomStructure.LeftClavicle, PhantomStructure.RightClavicle, PhantomStructure.LeftRibs, PhantomStructure.RightRibs
        ];
        var masks = bones.ToDictionary(b => b, _ => new byte[field.Body.Length]);

        var body = new BodyPainter(thorax, pose, projection);
        body.Paint(field, Stream(Part.SoftTissue));
        var lungs = new LungPainter(thorax, projection);
        lungs.Paint(field, Stream(Part.Lung), projection.Pitch);
        var thickening = findings.Contains(PhantomFinding.Edema) ? 1.25 : 1;
        new VesselPainter(thorax, projection, strokes).Paint(
            field.Solid, new RandomStream(seed, options.Patient, (ulong)Part.Vessels), thickening);
        body.Hollow(field, strokes, Stream(Part.Hollow));
        new SkeletonPainter(thorax, pose, projection, strokes).Paint(
            field, new RandomStream(seed, options.Patient, (ulong)Part.Bones), masks);

        var canvas = new FindingCanvas(thorax, projection, lungs, field, strokes);
        PhantomFinding[] shown = [.. findings.Order()];
        foreach (var finding in shown)
            Painter(finding)(canvas, new RandomStream(seed, options.Patient, options.Exposure, (ulong)Part.Finding + (ulong)finding));
        new DevicePainter(thorax, projection, strokes).Paint(field.Metal, Stream(Part.Devices), options.View);

        var soft = RayField.SoftTissue;
        var lung = (soft * (float)anatomy.WallDepth) + ((float)anatomy.LungAttenuation * (float)anatomy.LungDepth);
        var dense = soft * (float)(anatomy.WallDepth + anatomy.LungDepth);
        var pixels = new Detector(scanner).Expose(
            field.Attenuation(thorax.LungAttenuation), projection.Pitch, lung, dense, Stream(Part.Exposure), Stream(Part.Noise));
        Overlay.Burn(pixels, scanner, Stream(Part.Overlay));
        masks.Add(PhantomStructure.LeftLung, lungs.Left);
        masks.Add(PhantomStructure.RightLung, lungs.Right);
        masks.Add(PhantomStructure.Heart, lungs.Heart);
        return new PhantomRadiograph(new RasterImage(scanner.Width, scanner.Height, 1, pixels), options.View, shown, canvas.Boxes, masks);

        RandomStream Stream(Part part) => new(seed, options.Patient, options.Exposure, (ulong)part);
    }

    private static Action<FindingCanvas, RandomStream> Painter(PhantomFinding finding) => finding switch
    {
        PhantomFinding.Atelectasis => FocalFindings.Atelectasis,
        PhantomFinding.Cardiomegaly => DiffuseFindings.Cardiomegaly,
        PhantomFinding.Consolidation => FocalFindings.Consolidation,
        PhantomFinding.Edema => DiffuseFindings.Edema,
        PhantomFinding.Emphysema => DiffuseFindings.Emphysema,
        PhantomFinding.Fibrosis => DiffuseFindings.Fibrosis,
        PhantomFinding.Mass => FocalFindings.Mass,
        PhantomFinding.Nodule => FocalFindings.Nodule,
        PhantomFinding.PleuralEffusion => PleuralFindings.Effusion,
        PhantomFinding.Pneumothorax => PleuralFindings.Pneumothorax,
        _ => throw new ArgumentOutOfRangeException(nameof(finding), finding, "Unknown finding."),
    };

    private static void Check(PhantomScanner scanner)
    {
        ArgumentNullException.ThrowIfNull(scanner);
        In(scanner.Width, 32, 4096, nameof(scanner.Width));
        In(scanner.Height, 32, 4096, nameof(scanner.Height));
        In(scanner.FieldOfView, 20, 60, nameof(scanner.FieldOfView));
        In(scanner.Scatter, 0, 0.8, nameof(scanner.Scatter));
        In(scanner.Photons, 100, 1e9, nameof(scanner.Photons));
        In(scanner.Contrast, 0, 10, nameof(scanner.Contrast));
        In(scanner.Gamma, 0.1, 10, nameof(scanner.Gamma));
        In(scanner.Sharpening, 0, 10, nameof(scanner.Sharpening));
        In(scanner.Equalization, 0, 0.9, nameof(scanner.Equalization));
        In(scanner.ExposureSpread, 0, 2, nameof(scanner.ExposureSpread));
        In(scanner.Markers, 0, 1, nameof(scanner.Markers));
        In(scanner.Collimation, 0, 1, nameof(scanner.Collimation));
    }

    private static void In(double value, double low, double high, string name)
    {
        if (!(value >= low && value <= high)) throw new ArgumentOutOfRangeException(name, value, $"Must be from {low} to {high}.");
    }
}

using Ark.Inference;

namespace Ark.Fuzz;

internal sealed class CalibrationTarget : FuzzTarget
{
    public override string Name => "calibration";

    public override string Description => "the calibration of a model's probabilities";

    public override int SmokeExecutions => 800;

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        Samples.Text("""
            {"format":"ark-calibration","version":1,"checkpoint":"last.pth.tar","weights":"teacher","heads":[
            {"name":"A","method":"temperature","task":"MultiLabel","fitted_on":"A/val","measured_on":"A/test","labels":[
            {"name":"x","temperature":1.5,"offset":-0.25,"positives":10,"negatives":20,"ece_before":0.1,"ece_after":0.05,"ece_by_chance":null,
            "operating_points":[{"kind":"sensitivity","target":0.9,"threshold":0.3,"sensitivity":0.91,"specificity":0.5}]}]},
            {"name":"B","method":"isotonic","task":"Binary","fitted_on":"B","measured_on":"B","labels":[
            {"name":"y","from":[0,0.5,1],"to":[0.1,0.2,0.9],"positives":1,"negatives":1,"ece_before":null,"ece_after":null,
            "ece_by_chance":0.5,"operating_points":[]}]}]}
            """),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        JsonMutations.Apply(seed, others, random);

    public override void Run(byte[] input, Execution execution)
    {
        var path = execution.Write("input.json", input);
        execution.Try("calibration", () =>
        {
            var calibration = Calibration.Load(path);
            foreach (var head in calibration.Heads)
            {
                double[] logits = [.. head.Labels.Select((_, k) => (k * 7.5) - 20)];
                var probabilities = new double[logits.Length];
                head.Apply(logits, probabilities);
                if (!probabilities.All(p => p is >= 0 and <= 1)) throw new BrokenContractException("A calibrated probability is none.");
            }

            // What is written again must be read again.
            var copy = Path.Combine(execution.Folder, "copy.json");
            calibration.Save(copy);
            if (Calibration.Load(copy).Heads.Count != calibration.Heads.Count) throw new BrokenContractException("A head is lost.");
            return $"{Math.Min(calibration.Heads.Count, 3)} {calibration.Weights}";
        });
    }
}

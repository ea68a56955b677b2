using System.CommandLine;
using AccrualStudy;

var data = new Option<string>("--data")
{
    Description = "phantom, or a catalogue of datasets (YAML)",
    DefaultValueFactory = _ => "phantom",
};
var images = new Option<int>("--images") { Description = "images of the phantom", DefaultValueFactory = _ => 2000 };
var epochs = new Option<int>("--epochs") { Description = "passes over each dataset, in every arm", DefaultValueFactory = _ => 10 };
var seeds = new Option<int>("--seeds") { Description = "repetitions, each with a seed of its own", DefaultValueFactory = _ => 3 };
var work = new Option<string>("--work")
{
    Description = "folder for the phantom and the results; a study that is started again goes on",
    DefaultValueFactory = _ => Path.Combine("runs", "accrual-study"),
};
var report = new Option<string>("--out")
{
    Description = "the page whose section about these data is written",
    DefaultValueFactory = _ => Path.Combine("docs", "accrual-study.md"),
};
var root = new RootCommand("Compares accruing knowledge over several datasets with training on each alone and on merged labels.")
{
    data, images, epochs, seeds, work, report
};
root.SetAction((parsed, cancellationToken) => Study.RunAsync(
    parsed.GetValue(data)!, parsed.GetValue(images), parsed.GetValue(epochs), parsed.GetValue(seeds), parsed.GetValue(work)!,
    parsed.GetValue(report)!, cancellationToken));
return await root.Parse(args).InvokeAsync();

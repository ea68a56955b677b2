using Ark.Inference;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

var (checkpoint, image) = (args[0], args[1]);
var services = new ServiceCollection();
services.AddArk().AddModel("chest", o => o.Checkpoint = checkpoint);
await using var provider = services.BuildServiceProvider();

var content = new DataContent(File.ReadAllBytes(image), "image/png");
var embeddings = provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
var vector = await embeddings.GenerateVectorAsync(content);
Console.WriteLine($"{vector.Length} numbers: {string.Join(' ', vector.ToArray().Take(8))} ...");

var prediction = await provider.GetRequiredService<IArkClassifier>().ClassifyAsync(content);
foreach (var head in prediction.Heads)
{
    Console.WriteLine(head.Name);
    foreach (var label in head.Labels) Console.WriteLine($"  {label.Name}: {label.Probability:F3}");
}

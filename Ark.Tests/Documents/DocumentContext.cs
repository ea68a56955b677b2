using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Ark.Tests.Documents;

/// <summary>The names that blocks of the documents take for granted. A block's own variables hide them.</summary>
[SuppressMessage("Style", "IDE1006", Justification = "They are variables of the documents.")]
[SuppressMessage("Naming", "CA1708", Justification = "They are variables of the documents.")]
public static class DocumentContext
{
    public static IServiceCollection services { get; } = new ServiceCollection();

    public static IConfiguration configuration { get; } = new ConfigurationBuilder().Build();

    public static CancellationToken cancellationToken => CancellationToken.None;

    /// <summary>A checkpoint with the heads of the phantom.</summary>
    public static string checkpoint => PhantomPictures.Teacher;

    /// <summary>A PNG.</summary>
    public static byte[] bytes { get; } = TestPng.Write8(80, 70, TestPng.Grey, TestPng.Noise(80 * 70, 1));

    /// <summary>A batch of two pictures, <c>[2, 3, 64, 64]</c>.</summary>
    public static Tensor images => zeros(2, 3, 64, 64);

    public static IServiceProvider provider { get; } = Provider();

    private static ServiceProvider Provider()
    {
        var collection = new ServiceCollection();
        collection.AddArk().AddTraining().AddModel("chest", o => o.Checkpoint = checkpoint);
        return collection.BuildServiceProvider();
    }

    /// <summary>An adapter that a reader has written.</summary>
    public sealed class MyHospitalAdapter : IDatasetAdapter
    {
        public LabelSchema Labels { get; } = new(LabelTask.Binary, ["Pneumothorax"]);

        public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<ImageSample>>([]);
    }
}

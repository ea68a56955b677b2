
namespace Ark.Tests;

/// <summary>A phantom, and a run of one epoch over all its datasets: heads of every kind.</summary>
public sealed class TrainedPhantom : IAsyncLifetime
{
    private readonly PhantomFixture _phantom = new();

    public string Folder => _phantom.Folder;

    public string Catalogue => _phantom.Catalogue;

    public string Run => Path.Combine(Folder, "trained");

    public string Checkpoint => Path.Combine(Run, "checkpoints", "last.pth.tar");

    public async ValueTask InitializeAsync()
    {
        await _phantom.InitializeAsync();
        await _phantom.TrainAsync(_phantom.Run("trained", o => (o.Epochs, o.PixelBaseline) = (1, false)));
    }

    public ValueTask DisposeAsync() => _phantom.DisposeAsync();
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ark.Inference;

/// <summary>A model or segmentation network that a host was told of.</summary>
/// <param name="Kind">What it is called in messages: <c>model</c> or <c>segmenter</c>.</param>
/// <param name="Name">Its key.</param>
/// <param name="Section">The path of the section that it was configured from, if it was.</param>
/// <param name="Loading">Reads from the options when it is loaded.</param>
/// <param name="Load">Loads it and runs one forward.</param>
internal sealed record ServedModel(
    string Kind, string Name, string? Section, Func<IServiceProvider, ModelLoading> Loading, Action<IServiceProvider> Load)
{
    public override string ToString() => OptionsText.What(Kind, Name, Section);

    /// <summary>
    /// Where it shall live: what its own options say, or else the host's. One that is not there is named by the key that asked for it.
    /// </summary>
    public string DeviceOf(string? own, IServiceProvider provider)
    {
        NativeRuntime.Ensure();
        var device = own ?? provider.GetRequiredService<IOptions<ArkOptions>>().Value.Device;
        if (own is null) ComputeDevice.Of(device);
        else Naming("Device", () => ComputeDevice.Of(device));
        return device;
    }

    /// <summary>Lets what cannot be used say which model named it, by which key.</summary>
    public T Naming<T>(string key, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (ArkInputException e)
        {
            throw new ArkInputException($"{this}, key '{key}', {e.InputSource}", e.Place, e.Problem, e.Hint, e);
        }
    }
}

using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>The devices that options name.</summary>
internal static partial class ComputeDevice
{
    /// <summary>Finds a device.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="ArkInputException">There is no such device.</exception>
    public static Device Of(string name)
    {
        if (Pattern().Match(name) is not { Success: true } match)
            throw new ArkInputException("options", "device", $"'{name}' is no device", "Give cpu, cuda or cuda:N.");
        if (name == "cpu") return CPU;
        if (!cuda.is_available())
            throw new ArkInputException(
                "options",
                "device",
                "no CUDA device can be used here",
                "Use cpu, or reference a TorchSharp-cuda package and check the driver.");
        var index = match.Groups["index"] is { Success: true } number
            ? int.Parse(number.ValueSpan, System.Globalization.CultureInfo.InvariantCulture)
            : 0;
        return index < cuda.device_count() ? device(name) : throw new ArkInputException(
            "options", "device", $"there is no '{name}': {cuda.device_count()} CUDA devices can be used", "They are counted from cuda:0.");
    }

    [GeneratedRegex("^(?:cpu|cuda(:(?<index>[0-9]{1,2}))?)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}

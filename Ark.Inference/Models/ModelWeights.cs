using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>
/// The weights of one network, which several models may share. They are held once: in the order of the inference engine where that has one
/// of its own, else as the plain network. Thread-safe.
/// </summary>
internal sealed class ModelWeights
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InferencePrecision, InferenceEngine> _engines = [];
    private readonly ModelFile? _file;
    private readonly Device _device;
    private readonly bool _isPacked;
    private ArkModel? _network;
    private int _users = 1;

    /// <summary>Loads the weights of a file for an arithmetic.</summary>
    /// <param name="file">The file.</param>
    /// <param name="device">Where they shall live.</param>
    /// <param name="precision">The arithmetic; <see langword="null"/> where the plain network is wanted and not its answers.</param>
    /// <exception cref="ArkInputException">The file cannot be used.</exception>
    public ModelWeights(ModelFile file, Device device, InferencePrecision? precision)
    {
        (_file, _device) = (file, device);
        // Only processors have an order of their own.
        _isPacked = precision is not null && device.type == DeviceType.CPU && InferenceEngine.Packs(file.Configuration?.Backbone);
        if (_isPacked)
        {
            var engine = file.LoadEngine(precision!.Value);
            Configuration = engine.Configuration;
            _engines.Add(Actual(precision.Value), engine);
        }
        else
        {
            _network = Plain(file.LoadNetwork(), device);
            Configuration = _network.Configuration;
        }

        Description = file.Describe(Configuration);
    }

    /// <summary>Takes a network over.</summary>
    public ModelWeights(ArkModel network, ModelDescription description, Device device)
    {
        (_network, _device) = (Plain(network, device), device);
        (Configuration, Description) = (network.Configuration, description);
    }

    public ArkModelConfiguration Configuration { get; }

    public ModelDescription Description { get; }

    /// <summary>The file that they are of; <see langword="null"/> for none.</summary>
    public ModelFile? File => _file;

    /// <summary>What is to be said of the choice among the weights of the file.</summary>
    public string? Remark => _file?.Remark;

    /// <summary>The plain network, in evaluation mode; borrowed.</summary>
    /// <exception cref="ArkInputException">It has to be read from the file, which has changed or cannot be read any more.</exception>
    public ArkModel Network
    {
        get
        {
            lock (_gate) return _network ??= Plain(_file!.LoadNetwork(), _device);
        }
    }

    /// <summary>Runs the network in an arithmetic; borrowed. Weights are prepared when an arithmetic is first asked for.</summary>
    public InferenceEngine Engine(InferencePrecision precision)
    {
        lock (_gate)
        {
            var actual = Actual(precision);
            if (_engines.TryGetValue(actual, out var engine)) return engine;
            return _engines[actual] = _network is null ? _file!.LoadEngine(actual) : InferenceEngine.Create(_network, actual);
        }
    }

    /// <summary>The arithmetic that an arithmetic is computed in here.</summary>
    public InferencePrecision ActualOf(InferencePrecision precision) => _isPacked ? Actual(precision) : InferencePrecision.Fp32;

    /// <summary>About how many MB an arithmetic takes beside what is loaded.</summary>
    public long MegabytesFor(InferencePrecision precision)
    {
        lock (_gate)
        {
            var actual = Actual(precision);
            if (!_isPacked || _engines.ContainsKey(actual)) return 0;
            return _engines.Values.First().Network.parameters().Sum(p => p.numel()) * PackedMatrix.SizeOf(actual) >> 20;
        }
    }

    /// <summary>Whether an arithmetic takes no memory beside what is loaded.</summary>
    public bool IsPreparedFor(InferencePrecision precision)
    {
        lock (_gate) return !_isPacked || _engines.ContainsKey(Actual(precision));
    }

    /// <summary>Lets somebody else use them; <see langword="false"/> where they have been released, or the file holds others now.</summary>
    public bool TryShare()
    {
        lock (_gate)
        {
            if (_users == 0 || _file?.IsUnchanged == false) return false;
            _users++;
            return true;
        }
    }

    /// <summary>Gives them up; the last who does releases them.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_users > 0) return;
            foreach (var engine in _engines.Values) engine.Dispose();
            _network?.Dispose();
        }
    }

    // Where an arithmetic is computed in single precision, its weights are those of single precision.
    private InferencePrecision Actual(InferencePrecision precision) =>
        _isPacked ? InferenceEngine.ActualOf(precision, Configuration.Backbone) : precision;

    private static ArkModel Plain(ArkModel network, Device device)
    {
        try
        {
            network.to(device);
            network.eval();
            foreach (var parameter in network.parameters()) parameter.requires_grad = false;
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}

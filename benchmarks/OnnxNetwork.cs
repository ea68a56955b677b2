using Microsoft.ML.OnnxRuntime;

namespace Ark.Benchmarks;

/// <summary>A graph in ONNX Runtime, with its defaults but for the number of threads.</summary>
internal sealed class OnnxNetwork : IDisposable
{
    private readonly SessionOptions _options;
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();

    public OnnxNetwork(string path, int threads)
    {
        _options = new SessionOptions { IntraOpNumThreads = threads };
        _session = new InferenceSession(path, _options);
    }

    public float[] Run(float[] images, long[] shape)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(images, shape);
        using var outputs = _session.Run(_run, ["images"], [input], ["features"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
        _options.Dispose();
    }
}

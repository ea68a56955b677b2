"""Times a graph that export_swin.py wrote in OpenVINO, which NuGet has no package of for this use: for whoever has it.

    openvino_swin.py GRAPH.onnx SIZE THREADS BATCH[,BATCH ...]

Prints milliseconds an image for each batch size, the median of 20 runs: to be put beside `benchmarks -- inference`, on the same machine with nothing else running. OpenVINO
chooses the precision by itself (bfloat16 where the processor has it); a fifth argument f32 keeps single precision. GRAPH.int8.onnx measures integers. Needs openvino and numpy.
"""

import statistics
import sys
import time

import numpy
import openvino


def main():
    graph, size, threads, batches, *precision = sys.argv[1:]
    options = {"INFERENCE_NUM_THREADS": int(threads), "PERFORMANCE_HINT": "LATENCY"}
    if precision:
        options["INFERENCE_PRECISION_HINT"] = precision[0]
    core = openvino.Core()
    model = core.read_model(graph)
    for batch in (int(b) for b in batches.split(",")):
        model.reshape({"images": [batch, 3, int(size), int(size)]})
        request = core.compile_model(model, "CPU", options).create_infer_request()
        images = numpy.random.default_rng(3).standard_normal((batch, 3, int(size), int(size)), dtype=numpy.float32)
        seconds = []
        for run in range(23):
            start = time.perf_counter()
            request.infer({"images": images})
            if run >= 3:
                seconds.append(time.perf_counter() - start)
        print(f"batch {batch}: {statistics.median(seconds) / batch * 1000:.1f} ms an image")


if __name__ == "__main__":
    main()

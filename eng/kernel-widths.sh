#!/usr/bin/env bash
# Runs the tests of the kernels in every width that this processor has but the widest, which the suite itself uses: AVX2 with .NET,
# MKL, oneDNN and libtorch all kept from AVX-512, and 128 bits. Expects a build of the solution in Release.
set -euo pipefail
cd "$(dirname "$0")/.."

run() {
    local name="$1"
    shift
    echo "Kernels: $name"
    env "$@" dotnet run -c Release --no-build --project Ark.Tests -- \
        --filter-class 'Ark.Tests.Models.FastPassTests' --filter-class 'Ark.Tests.Models.FusedBlocksTests' \
        --filter-class 'Ark.Tests.Models.TrainingPassTests' --filter-class 'Ark.Tests.Models.ILanesTests' \
        --filter-class 'Ark.Tests.Models.InferenceEngineTests' --minimum-expected-tests 60
}

run "AVX2" DOTNET_EnableAVX512=0 MKL_ENABLE_INSTRUCTIONS=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2
run "128 bits" ARK_VECTOR_BITS=128

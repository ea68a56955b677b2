#!/usr/bin/env bash
# Writes the public surface of every package into its PublicAPI.Unshipped.txt, which the analyzer then holds the build to. Run it after a change of the public
# surface, and review the difference. A release moves the lines to PublicAPI.Shipped.txt (eng/public-api.sh --ship).
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

packages=(Ark.Core Ark.Models Ark.Data Ark.Phantom Ark.Inference Ark.Training)
if [ "${1:-}" = "--ship" ]; then
    for package in "${packages[@]}"; do
        { echo "#nullable enable"; cat "$package"/PublicAPI.*.txt | grep -v '^#nullable' | LC_ALL=C sort -u; } >"$package/shipped.tmp"
        mv "$package/shipped.tmp" "$package/PublicAPI.Shipped.txt"
        echo "#nullable enable" >"$package/PublicAPI.Unshipped.txt"
    done
    exit 0
fi

for package in "${packages[@]}"; do echo "#nullable enable" >"$package/PublicAPI.Unshipped.txt"; done
for package in "${packages[@]}"; do
    # Each by itself, in the order of their references: the code fix needs projects that compile.
    dotnet format analyzers "$package" --diagnostics RS0016 --severity warn ${NO_RESTORE:+--no-restore}
    LC_ALL=C sort -u "$package/PublicAPI.Unshipped.txt" -o "$package/PublicAPI.Unshipped.txt"
    echo "$package: $(($(wc -l <"$package/PublicAPI.Unshipped.txt") - 1)) public members"
done

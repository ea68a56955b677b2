#!/usr/bin/env bash
# Writes the API reference from the XML comments: a Markdown page for each package. Needs a built solution (dotnet build -c Release).
#
#   eng/api-reference.sh [DIR]      default: artifacts/api
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet eng/api-reference/bin/Release/net10.0/ApiReference.dll "${1:-artifacts/api}"

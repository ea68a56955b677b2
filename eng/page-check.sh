#!/usr/bin/env bash
# Opens the page of samples/Ark.Service in a headless Chromium and uses it: upload by keyboard and by drop, probabilities, heat map, structures, refusals, fifty uploads at once.
# Needs a built solution (dotnet build -c Release). A machine without Chromium gets it from apt-get, or the check fails: it is never left out.
#
#   eng/page-check.sh [--screenshot FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

work="$(mktemp -d)"
service=
finish() {
    if [ -n "$service" ]; then kill "$service" 2>/dev/null || true; wait "$service" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT
screenshot="$work/page.png"
if [ "${1:-}" = "--screenshot" ]; then screenshot="$2"; fi

find_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }
browser="$(find_browser)"
if [ -z "$browser" ] && command -v apt-get >/dev/null; then
    as_root=()
    if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null; then as_root=(sudo -n); fi
    "${as_root[@]}" apt-get update -qq >"$work/apt.log" 2>&1 || cat "$work/apt.log" >&2
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium >"$work/apt.log" 2>&1 || cat "$work/apt.log" >&2
    browser="$(find_browser)"
fi
if [ -z "$browser" ]; then
    echo "page check: FAILED: there is no Chromium here, and it could not be installed. The page was NOT checked." >&2
    exit 1
fi

dotnet samples/Ark.Service/bin/Release/net10.0/Ark.Service.dll --Urls http://127.0.0.1:0 --Ark:Model:Calibration eng/page-check/calibration.json >"$work/service.log" 2>&1 &
service=$!
address=
for _ in $(seq 600); do
    address="$(sed -n 's/.*Now listening on: \(http[^ ]*\).*/\1/p' "$work/service.log")"
    if [ -n "$address" ] || ! kill -0 "$service" 2>/dev/null; then break; fi
    sleep 0.1
done
[ -n "$address" ] || { cat "$work/service.log" >&2; echo "page check: FAILED: the service did not start" >&2; exit 1; }

timeout 300 dotnet eng/page-check/bin/Release/net10.0/PageCheck.dll "$browser" "$address" "$service" "$work" "$screenshot" || { tail -n 20 "$work/service.log" >&2; echo "page check: FAILED" >&2; exit 1; }
if grep -E 'Doe|letter|fail:|crit:' "$work/service.log"; then echo "page check: FAILED: the log holds a name or a failure" >&2; exit 1; fi
echo "page check: passed"

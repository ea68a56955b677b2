#!/usr/bin/env bash
# How training and serving fare on machines that are not theirs alone: two trainings at once, a busy neighbour, and a container's limit of one processor.
#
#   benchmarks/shared-machine.sh [ROUNDS [FOLDER …]]
#
# A FOLDER holds a built tree to compare with (default: this one alone); the trees take turns in every round. Build each before: dotnet build -c Release, and benchmarks.
# Prints medians of ROUNDS (default 3), in seconds, and their ratios. The limit needs a writable cgroup (version 1 or 2) and so usually root; without one it is left out, and said.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds="${1:-3}"
shift || true
trees=("$@")
[ "${#trees[@]}" -gt 0 ] || trees=("$PWD")
work="$(mktemp -d)"
group=
busy=()
finish() {
    for process in ${busy[@]+"${busy[@]}"}; do kill "$process" 2>/dev/null || true; done
    if [ -n "$group" ]; then rmdir "$group" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

# A group of processes that together get one processor.
limit() {
    if grep -qw cpu /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
        echo +cpu >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
        group=/sys/fs/cgroup/ark-one
        mkdir -p "$group" 2>/dev/null && echo "100000 100000" 2>/dev/null >"$group/cpu.max" && kind="cgroup version 2" && return
    elif [ -d /sys/fs/cgroup/cpu ]; then
        group=/sys/fs/cgroup/cpu/ark-one
        mkdir -p "$group" 2>/dev/null && echo 100000 2>/dev/null >"$group/cpu.cfs_quota_us" && kind="cgroup version 1" && return
    fi
    [ -z "$group" ] || rmdir "$group" 2>/dev/null || true
    group= kind=
}
limit

now() { date +%s.%N; }
since() { echo "$(now) $1" | awk '{ printf "%.2f", $1 - $2 }'; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) }'; }
neighbor() { (while :; do :; done) & busy+=("$!"); }
quiet() { for process in ${busy[@]+"${busy[@]}"}; do kill "$process" 2>/dev/null || true; wait "$process" 2>/dev/null || true; done; busy=(); }

ark() { dotnet "$1/Ark.Cli/bin/Release/net10.0/ark.dll" "${@:2}"; }
train() {
    local out
    out="$(mktemp -d "$work/run-XXXX")"
    ark "$1" pretrain --config "$work/phantom/phantom.yaml" --arch swin_mini --img-size 64 --epochs 5 --warmup-epochs 0 --batch-size 16 --pixel-baseline false --seed 5 --quiet --out "$out/run" >"$out/log" 2>&1 || { cat "$out/log" >&2; exit 1; }
    rm -rf "$out"
}
time_of() { local start; start="$(now)"; "$@"; since "$start"; }
# Requests a second of 64 callers, turned into the seconds of a thousand.
serve() { dotnet "$1/benchmarks/bin/Release/net10.0/Ark.Benchmarks.dll" service "$work/service" 100 | sed -n 's/.*callers \([0-9]*\)\/s.*/\1/p' | awk '{ printf "%.3f", 1000 / $1 }'; }

ark "${trees[0]}" data phantom --out "$work/phantom" --count 600 --seed 11 --quiet >/dev/null
for round in $(seq "$rounds"); do
    for i in "${!trees[@]}"; do
        tree="${trees[$i]}"
        time_of train "$tree" >>"$work/$i.alone"; echo >>"$work/$i.alone"
        start="$(now)"
        rm -f "$work"/two-*
        for one in 1 2; do (train "$tree"; since "$start" >"$work/two-$one") & pids[$one]=$!; done
        wait "${pids[1]}"
        wait "${pids[2]}"
        for one in 1 2; do cat "$work/two-$one" >>"$work/$i.two"; echo >>"$work/$i.two"; done
        neighbor
        time_of train "$tree" >>"$work/$i.neighbor"; echo >>"$work/$i.neighbor"
        quiet
        if [ -n "$group" ]; then
            (echo "$BASHPID" >"$group/cgroup.procs"; time_of train "$tree" >>"$work/$i.limited"; echo >>"$work/$i.limited")
        fi
        serve "$tree" >>"$work/$i.serve"; echo >>"$work/$i.serve"
        neighbor
        serve "$tree" >>"$work/$i.serve-neighbor"; echo >>"$work/$i.serve-neighbor"
        quiet
        if [ -n "$group" ]; then
            (echo "$BASHPID" >"$group/cgroup.procs"; serve "$tree" >>"$work/$i.serve-limited"; echo >>"$work/$i.serve-limited")
        fi
    done
    echo "round $round of $rounds" >&2
done

for i in "${!trees[@]}"; do
    echo "tree $i: ${trees[$i]}, $(nproc) processors, limit by ${kind:-nothing (no writable cgroup)}"
    echo "| | seconds | times alone |"
    echo "|---|---|---|"
    for what in alone two neighbor limited serve serve-neighbor serve-limited; do
        [ -s "$work/$i.$what" ] || continue
        case "$what" in
            alone) name="training" base=alone ;;
            two) name="two trainings at once, each" base=alone ;;
            neighbor) name="training beside a busy process" base=alone ;;
            limited) name="training on one processor" base=alone ;;
            serve) name="1,000 images served" base=serve ;;
            serve-neighbor) name="1,000 images served beside a busy process" base=serve ;;
            serve-limited) name="1,000 images served on one processor" base=serve ;;
        esac
        grep . "$work/$i.$what" >"$work/values"
        value="$(median "$work/values")"
        grep . "$work/$i.$base" >"$work/values"
        echo "| $name | $value | $(echo "$value $(median "$work/values")" | awk '{ printf "%.2f", $1 / $2 }') |"
    done
done

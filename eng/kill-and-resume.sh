#!/usr/bin/env bash
# Kills training runs at random moments, every second time inside the writing of a checkpoint, resumes them each time, and compares each with the same run that was never
# killed: weights and states bit by bit, and the metrics but for times. Pretraining with and without labels, fine-tuning and segmentation alike.
#
# Then pretraining once more as a scheduler does it: the same line with --resume auto, killed a few times.
#
#   eng/kill-and-resume.sh [KILLS [EPOCHS]]     default: 20 kills of each over a run of about two minutes on 2 cores, and 5 of the same line
#   eng/kill-and-resume.sh --short              4 kills of each and 2, about two minutes
set -euo pipefail
cd "$(dirname "$0")/.."

kills=20 epochs=28 images=400 same=5
# One thread is quicker than several for so small a network, the more so on a busy machine.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
if [ "${1:-}" = "--short" ]; then kills=4 epochs=2 images=160 same=2; else kills="${1:-$kills}" epochs="${2:-$epochs}"; fi

ark=(dotnet "${ARK_DLL:-Ark.Cli/bin/Release/net10.0/ark.dll}")
work="$(mktemp -d)"
run=
finish() {
    if [ -n "$run" ]; then kill -9 "$run" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

"${ark[@]}" data phantom --out "$work/phantom" --count "$images" --seed 11 --quiet >/dev/null
common=(--img-size 32 --warmup-epochs 0 --batch-size 8 --checkpoint-steps 4 --keep-last 3 --quiet)
pretrain=(pretrain --config "$work/phantom/phantom.yaml" "${common[@]}" --arch swin_mini --projector-features 16 --epochs "$epochs" --recipe ark-plus --ema-mode iteration --task-order shuffled --test-epoch 2
    --pixel-baseline false)
simmim=(pretrain --config "$work/phantom/phantom.yaml" "${common[@]}" --recipe simmim --arch swin_mini --mask-patch 8 --epochs "$epochs" --task-order shuffled --test-epoch 2)
finetune=(finetune --config "$work/phantom/phantom.yaml" "${common[@]}" --dataset PhantomFindings --init random --model swin_mini --epochs "$epochs" --patience 0 --lr 0.003 --opt adamw --drop-path 0.1 --trials 2)
segment=(segment train --config "$work/phantom/segmentation.yaml" "${common[@]}" --arch swin_mini --decoder detailed --width 8 --epochs "$epochs" --patience 0 --lr 0.001 --opt adamw)

# Waits for a time, or until the run has ended.
pause() {
    local until=$(($(date +%s%N) + $1 * 1000000))
    while [ "$(date +%s%N)" -lt "$until" ] && kill -0 "$run" 2>/dev/null; do sleep 0.01; done
}

# Waits until the run in a folder has written a state that is newer than its start.
progress() {
    until [ -n "$(find "$1" -newer "$work/start" -name last.pth.tar 2>/dev/null)" ]; do
        kill -0 "$run" 2>/dev/null || return 0
        sleep 0.01
    done
}

writes() { [ -n "$(find "$1" -name '*.tmp' 2>/dev/null)" ]; }

# start NAME FOLDER LINE...: begins a run, or goes on with it.
start() {
    local name="$1" folder="$2"
    shift 2
    # Other languages write other decimal points and know other capital letters; a run must not notice.
    local language=("LANG=tr_TR.UTF-8" "LANG=de_DE.UTF-8" "LANG=C")
    if [ -e "$folder/config.json" ]; then
        local verb=("$1")
        if [ "$1" = segment ]; then verb=(segment train); fi
        set -- "${verb[@]}" --resume "$folder" --quiet
    else
        set -- "$@" --out "$folder"
    fi
    env "${language[$((RANDOM % 3))]}" "${ark[@]}" "$@" >"$work/$name.log" 2>&1 &
    run=$!
}

# torture NAME LINE...: a run that is killed must come to what one that is not comes to.
torture() {
    local name="$1"
    shift
    local whole="$work/whole-$name" killed="$work/killed-$name" started=$SECONDS
    "${ark[@]}" "$@" --out "$whole" >"$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
    local took=$((SECONDS - started)) done_kills=0 in_write=0 status
    while [ "$done_kills" -lt "$kills" ]; do
        touch "$work/start"
        start "$name" "$killed" "$@"
        case $((done_kills % 4)) in
            0 | 2)
                # At the moment at which a file is being written.
                progress "$killed"
                pause $((RANDOM % 400))
                while kill -0 "$run" 2>/dev/null && ! writes "$killed"; do :; done
                ;;
            1)
                progress "$killed"
                pause $((RANDOM % (1 + 1500 * took / kills)))
                ;;
            3)
                # Perhaps before anything has been done.
                pause $((RANDOM % 3000))
                ;;
        esac
        kill -9 "$run" 2>/dev/null || true
        wait "$run" 2>/dev/null && status=0 || status=$?
        run=
        if [ "$status" -eq 0 ]; then
            echo "$name: the run ended after $done_kills kills"
            break
        fi
        [ "$status" -eq 137 ] || { cat "$work/$name.log"; echo "$name: the run ended with $status"; exit 1; }
        done_kills=$((done_kills + 1))
        if writes "$killed"; then in_write=$((in_write + 1)); fi
    done
    if [ "$status" -ne 0 ]; then
        start "$name" "$killed" "$@"
        wait "$run" || { cat "$work/$name.log"; exit 1; }
        run=
    fi
    "compare_$name" "$whole" "$killed"
    echo "$name: killed $done_kills times, $in_write of them while a file was being written: weights and $(cat "$work/left" | wc -l) lines of metrics are the same (an undisturbed run takes $took s)"
}

# compare_metrics ONE OTHER: all but the times.
compare_metrics() {
    sed -E 's/,?"(images_per_second|seconds|checkpoint)":[^,}]*//g' "$1" >"$work/left"
    sed -E 's/,?"(images_per_second|seconds|checkpoint)":[^,}]*//g' "$2" >"$work/right"
    diff "$work/left" "$work/right"
}

# compare_weights ONE OTHER [KEY]: what a checkpoint holds, as bytes; what it says of the metrics' length is not compared.
compare_weights() {
    "${ark[@]}" convert "$1" "$work/left.safetensors" ${3:+--key "$3"} --quiet >/dev/null
    "${ark[@]}" convert "$2" "$work/right.safetensors" ${3:+--key "$3"} --quiet >/dev/null
    cmp "$work/left.safetensors" "$work/right.safetensors"
}

no_leftovers() { ! writes "$1" || { echo "half-written files are left in $1"; exit 1; }; }

compare_pretrain() {
    local name key
    for name in last epoch-0002; do
        for key in teacher state_dict; do compare_weights "$1/checkpoints/$name.pth.tar" "$2/checkpoints/$name.pth.tar" "$key"; done
    done
    compare_metrics "$1/metrics.jsonl" "$2/metrics.jsonl"
    no_leftovers "$2"
}

compare_simmim() {
    local key
    for key in state_dict reconstruction; do compare_weights "$1/checkpoints/last.pth.tar" "$2/checkpoints/last.pth.tar" "$key"; done
    compare_metrics "$1/metrics.jsonl" "$2/metrics.jsonl"
    no_leftovers "$2"
}

compare_finetune() {
    local trial
    for trial in 1 2; do
        cmp "$1/trial-$trial.safetensors" "$2/trial-$trial.safetensors"
        compare_metrics "$1/trial-$trial/metrics.jsonl" "$2/trial-$trial/metrics.jsonl"
    done
    cmp "$1/results.csv" "$2/results.csv"
    no_leftovers "$2"
}

compare_segment() {
    local name
    for name in last best; do compare_weights "$1/checkpoints/$name.pth.tar" "$2/checkpoints/$name.pth.tar" state_dict; done
    compare_metrics "$1/metrics.jsonl" "$2/metrics.jsonl"
    no_leftovers "$2"
}

torture pretrain "${pretrain[@]}"
torture simmim "${simmim[@]}"
torture finetune "${finetune[@]}"
torture segment "${segment[@]}"

# The same line every time. Each kill comes after a state that is newer than the start, so that the run moves on.
line=("${pretrain[@]}" --out "$work/same" --resume auto)
for ((kill = 1; kill <= same; kill++)); do
    touch "$work/start"
    "${ark[@]}" "${line[@]}" >"$work/same.log" 2>&1 &
    run=$!
    until [ -n "$(find "$work/same/checkpoints" -newer "$work/start" -name last.pth.tar 2>/dev/null)" ]; do
        kill -0 "$run" 2>/dev/null || { cat "$work/same.log"; echo "the run ended before kill $kill"; exit 1; }
        sleep 0.01
    done
    kill -9 "$run" 2>/dev/null || { cat "$work/same.log"; echo "the run ended before kill $kill"; exit 1; }
    wait "$run" 2>/dev/null && status=0 || status=$?
    run=
    [ "$status" -eq 137 ] || { cat "$work/same.log"; echo "the run ended with $status"; exit 1; }
done
"${ark[@]}" "${line[@]}" >"$work/same.log" 2>&1 || { cat "$work/same.log"; exit 1; }
compare_pretrain "$work/whole-pretrain" "$work/same"
"${ark[@]}" "${line[@]}" >"$work/same.log" 2>&1 || { cat "$work/same.log"; exit 1; }
grep -q "is finished" "$work/same.log" || { cat "$work/same.log"; echo "a finished run does not say so"; exit 1; }
echo "killed $same times and started by the same line each time: teacher, student and metrics are the same, and once more says that it is finished"

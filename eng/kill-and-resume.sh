#!/usr/bin/env bash
# Kills a training run at random moments, every second time inside the writing of a checkpoint, resumes it each time, and compares it with the same run that was never killed:
# the teacher and the whole state bit by bit, and the metrics but for times.
#
# Then once more as a scheduler does it: the same line with --resume auto, killed a few times.
#
#   eng/kill-and-resume.sh [KILLS [EPOCHS]]     default: 20 kills over a run of about two minutes on 2 cores, and 5 of the same line
#   eng/kill-and-resume.sh --short              4 kills and 2, under a minute
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
options=(--config "$work/phantom/phantom.yaml" --arch swin_mini --img-size 32 --projector-features 16 --epochs "$epochs" --warmup-epochs 0 --batch-size 8
    --recipe ark-plus --ema-mode iteration --task-order shuffled --test-epoch 2 --checkpoint-steps 4 --keep-last 3 --pixel-baseline false --quiet)

SECONDS=0
"${ark[@]}" pretrain "${options[@]}" --out "$work/whole" >"$work/whole.log" 2>&1 || { cat "$work/whole.log"; exit 1; }
whole=$SECONDS

start_or_resume() {
    # Other languages write other decimal points and know other capital letters; a run must not notice.
    local language=("LANG=tr_TR.UTF-8" "LANG=de_DE.UTF-8" "LANG=C")
    if [ -e "$work/killed/config.json" ]; then set -- --resume "$work/killed" --quiet; else set -- "${options[@]}" --out "$work/killed"; fi
    env "${language[$((RANDOM % 3))]}" "${ark[@]}" pretrain "$@" >"$work/killed.log" 2>&1 &
    run=$!
}

# Waits for a time, or until the run has ended.
pause() {
    local until=$(($(date +%s%N) + $1 * 1000000))
    while [ "$(date +%s%N)" -lt "$until" ] && kill -0 "$run" 2>/dev/null; do sleep 0.01; done
}

# Waits until the run has written a file that is newer than its start.
progress() {
    until [ -n "$(find "$work/killed/checkpoints" -newer "$work/start" -name last.pth.tar 2>/dev/null)" ]; do
        kill -0 "$run" 2>/dev/null || return 0
        sleep 0.01
    done
}

done_kills=0 in_write=0
while [ "$done_kills" -lt "$kills" ]; do
    touch "$work/start"
    start_or_resume
    case $((done_kills % 4)) in
        0 | 2)
            # At the moment at which a file is being written.
            progress
            pause $((RANDOM % 400))
            while kill -0 "$run" 2>/dev/null && ! compgen -G "$work/killed/checkpoints/*.tmp" >/dev/null; do :; done
            ;;
        1)
            progress
            pause $((RANDOM % (1 + 1500 * whole / kills)))
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
        echo "the run ended after $done_kills kills"
        break
    fi
    [ "$status" -eq 137 ] || { cat "$work/killed.log"; echo "the run ended with $status"; exit 1; }
    done_kills=$((done_kills + 1))
    if compgen -G "$work/killed/checkpoints/*.tmp" >/dev/null; then in_write=$((in_write + 1)); fi
done

start_or_resume
wait "$run" || { cat "$work/killed.log"; exit 1; }
run=

# Compares a run with the one that was never killed.
compare() {
    local folder="$1" name key which
    for name in last epoch-0002; do
        for key in teacher state_dict; do
            for which in whole "$folder"; do
                "${ark[@]}" convert "$work/$which/checkpoints/$name.pth.tar" "$work/$which-$key.safetensors" --key "$key" --quiet >/dev/null
            done
            cmp "$work/whole-$key.safetensors" "$work/$folder-$key.safetensors"
        done
    done
    for which in whole "$folder"; do sed -E 's/,?"(images_per_second|seconds)":[^,}]*//g' "$work/$which/metrics.jsonl" >"$work/$which.jsonl"; done
    diff "$work/whole.jsonl" "$work/$folder.jsonl"
    [ -z "$(find "$work/$folder" -name '*.tmp')" ] || { echo "half-written files are left"; exit 1; }
}

compare killed
echo "killed $done_kills times, $in_write of them while a file was being written: teacher, student and $(wc -l <"$work/whole.jsonl") lines of metrics are the same (an undisturbed run takes $whole s)"

# The same line every time. Each kill comes after a state that is newer than the start, so that the run moves on, and within the time that is left of it.
line=(pretrain "${options[@]}" --out "$work/same" --resume auto)
for ((kill = 1; kill <= same; kill++)); do
    touch "$work/start"
    "${ark[@]}" "${line[@]}" >"$work/same.log" 2>&1 &
    run=$!
    until [ -n "$(find "$work/same/checkpoints" -newer "$work/start" -name last.pth.tar 2>/dev/null)" ]; do
        kill -0 "$run" 2>/dev/null || { cat "$work/same.log"; echo "the run ended before kill $kill"; exit 1; }
        sleep 0.01
    done
    pause $((RANDOM % (1 + 1000 * whole / (4 * same))))
    kill -9 "$run" 2>/dev/null || { cat "$work/same.log"; echo "the run ended before kill $kill"; exit 1; }
    wait "$run" 2>/dev/null && status=0 || status=$?
    run=
    [ "$status" -eq 137 ] || { cat "$work/same.log"; echo "the run ended with $status"; exit 1; }
done
"${ark[@]}" "${line[@]}" >"$work/same.log" 2>&1 || { cat "$work/same.log"; exit 1; }
compare same
"${ark[@]}" "${line[@]}" >"$work/same.log" 2>&1 || { cat "$work/same.log"; exit 1; }
grep -q "is finished" "$work/same.log" || { cat "$work/same.log"; echo "a finished run does not say so"; exit 1; }
echo "killed $same times and started by the same line each time: teacher, student and metrics are the same, and once more says that it is finished"

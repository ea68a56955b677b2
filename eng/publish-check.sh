#!/usr/bin/env bash
# Publishes the command line for platforms other than this machine's, and checks that each output is complete: the assemblies, every native library that TorchSharp and
# NetVips need there, built for that platform, and none of another. Then takes the libraries away one by one, and expects to be told. Nothing of it is run: it cannot be here.
# Needs the package registry. Nothing that is built here takes the place of what 'dotnet build' made; all of it lies in a temporary folder (half a gigabyte) that is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fail() { echo "publish check: $*" >&2; exit 1; }
say() { echo "publish check: $* (${SECONDS} s)"; }

# What is loaded by name, and what that asks its loader for, but for what the system has. macOS takes OpenMP from Homebrew's folder: docs/platforms.md.
declare -A needed=(
    [win-x64]="ark.exe LibTorchSharp.dll torch.dll torch_cpu.dll c10.dll libiomp5md.dll libvips-42.dll"
    [osx-arm64]="ark libLibTorchSharp.dylib libtorch.dylib libtorch_cpu.dylib libc10.dylib libvips.42.dylib"
)
ours="ark.dll ark.deps.json ark.runtimeconfig.json Ark.Core.dll Ark.Data.dll Ark.Inference.dll Ark.Models.dll Ark.Phantom.dll Ark.Training.dll TorchSharp.dll NetVips.dll"

number() { od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# machine FILE: the platform that a native file is for, by its first bytes.
machine() {
    case "$(od -An -v -t x1 -N 4 "$1" | tr -d ' ')" in
        4d5a*) case "$(number "$1" $(($(number "$1" 60 4) + 4)) 2)" in 34404) echo win-x64 ;; 43620) echo win-arm64 ;; *) echo "another Windows" ;; esac ;;
        cffaedfe) case "$(number "$1" 4 4)" in 16777228) echo osx-arm64 ;; *) echo "another macOS" ;; esac ;;
        7f454c46) echo Linux ;;
        *) echo nothing known ;;
    esac
}

# complete FOLDER PLATFORM: says what is wrong with an output, and nothing where it is complete.
complete() {
    local folder="$1" platform="$2" file of
    # By the list above, and by what the program itself says it was published with.
    while IFS= read -r file; do
        [ -s "$folder/$file" ] || echo "$file is missing"
    done < <(
        {
            printf '%s\n' $ours ${needed[$platform]}
            grep -oE '"[^"]+\.(dll|dylib|so)": \{' "$folder/ark.deps.json" | sed -E 's|^"([^"]*/)?([^"/]+)": \{$|\2|'
        } | sort -u
    )
    for file in ${needed[$platform]}; do
        if [ -s "$folder/$file" ]; then
            of="$(machine "$folder/$file")"
            [ "$of" = "$platform" ] || echo "$file is for $of"
        fi
    done
    while IFS= read -r file; do echo "$file is of another platform"; done < <(
        cd "$folder"
        find . -name '*.so' -o -name '*.so.*'
        if [ "$platform" = win-x64 ]; then find . -name '*.dylib'; else find . -name '*.exe' -o -name 'LibTorchSharp.dll' -o -name 'libvips*.dll' -o -name 'torch*.dll' -o -name 'c10.dll'; fi
    )
}

for platform in win-x64 osx-arm64; do
    out="$work/$platform"
    dotnet publish Ark.Cli -c Release -r "$platform" --artifacts-path "$work/build" -p:RunAnalyzers=false -o "$out" -v quiet >"$work/publish.log" 2>&1 || { cat "$work/publish.log"; fail "$platform cannot be published"; }
    wrong="$(complete "$out" "$platform")"
    [ -z "$wrong" ] || fail "$platform: $wrong"
    for file in ${needed[$platform]} TorchSharp.dll Parquet.dll; do
        mv "$out/$file" "$work/away"
        [ "$(complete "$out" "$platform")" = "$file is missing" ] || fail "$platform: nobody notices that $file is missing"
        mv "$work/away" "$out/$file"
    done
    cp "$out/ark.deps.json" "$out/libtorch_cpu.so"
    complete "$out" "$platform" | grep -qx './libtorch_cpu.so is of another platform' || fail "$platform: nobody notices a library of Linux"
    say "$platform is complete: $(find "$out" -type f | wc -l) files, $(du -sm "$out" | cut -f 1) MB"
    rm -rf "$out"
done

# There is no libtorch for every platform: that is an error that says so, before anything is built.
if dotnet msbuild Ark.Cli -t:ArkCheckNatives -p:RuntimeIdentifier=linux-arm64 >"$work/arm.log" 2>&1; then fail "a platform without libtorch is taken"; fi
grep -q "For the platform 'linux-arm64' there is no native package of libtorch" "$work/arm.log" || { cat "$work/arm.log"; fail "the missing libtorch of linux-arm64 is not named"; }
say "a platform without libtorch is refused by name"

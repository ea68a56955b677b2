#!/usr/bin/env bash
# Uses the packages as a stranger does: packs them into a folder, and outside the repository, with a package cache that has never seen them,
#   1. follows the package README word by word (the tool from the folder, a phantom, a training run, the console application), in build and publish;
#      The application references Ark.Inference alone: no trainer, no Parquet, no TensorBoard and no phantom may come along;
#   2. builds a dataset adapter in an assembly of its own against Ark.Core alone, and reads it through a host that has no native package;
#   3. expects that host to say in one sentence what is missing when it loads a model.
# Needs a built solution (dotnet build -c Release). Everything lies in a temporary folder (a gigabyte) that is removed.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
repository="$PWD"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fail() { echo "consumer check: $*" >&2; exit 1; }
say() { echo "consumer check: $* (${SECONDS} s)"; }

# A version that nobody has: a cache cannot answer in the packages' place.
version="0.0.$(date +%s)"
for project in Ark.Core Ark.Models Ark.Data Ark.Phantom Ark.Inference Ark.Training Ark.Cli; do
    dotnet pack "$project" -c Release --no-build -p:PackageVersion="$version" -o "$work/feed" -v quiet
done
cached="$(dotnet nuget locals global-packages --list)"
cat >"$work/nuget.config" <<CONFIG
<configuration>
  <packageSources><add key="ark" value="$work/feed" /></packageSources>
  <fallbackPackageFolders><add key="machine" value="${cached#*: }" /></fallbackPackageFolders>
</configuration>
CONFIG
# libtorch is 500 MB in every output folder: linked, not copied, where the file system can.
cat >"$work/Directory.Build.props" <<'PROPS'
<Project>
  <PropertyGroup>
    <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
    <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
  </PropertyGroup>
</Project>
PROPS
# Only what is not there already is downloaded, and Ark's packages come from the folder in any case.
export NUGET_PACKAGES="$work/packages"
say "packed"

# 1. The README. Its commands and its program are taken out of it; the line with a checkpoint that is not public is left out.
mkdir "$work/hello"
cd "$work/hello"
readme="$repository/eng/packaging/README.md"
awk '/^```csharp$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$readme" >"$work/Program.cs"
awk '/^```bash$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$readme" | grep -v ark6_ >"$work/commands.sh"
lines="$(grep -c . "$work/Program.cs")"
[ "$lines" -gt 5 ] && [ "$lines" -lt 30 ] || fail "the README's program has $lines lines"
grep -q '^dotnet add package Ark.Inference$' "$work/commands.sh" || fail "the README's commands were not found"
grep -n '^dotnet run' "$work/commands.sh" >/dev/null || fail "the README runs nothing"
{
    echo "set -euo pipefail"
    # The program is put in place where the reader does it: before the first command that runs it or a tool.
    awk -v program="$work/Program.cs" '/^dotnet (new|add)/ { print; next } !done { print "cp " program " Program.cs"; done = 1 } { print }' "$work/commands.sh"
} >"$work/follow.sh"
bash "$work/follow.sh" >"$work/hello.log" 2>&1 || { cat "$work/hello.log"; fail "the README's commands failed"; }
cmp "$readme" "$NUGET_PACKAGES/ark.inference/$version/README.md" || fail "the package carries another README"
if grep -E 'warning (NU|CS|MSB|ARK)' "$work/hello.log"; then fail "the README's commands warn"; fi
grep -E '^[0-9]+ numbers: -?[0-9]' "$work/hello.log" || { cat "$work/hello.log"; fail "no embedding was printed"; }
grep -q '^PhantomFindings$' "$work/hello.log" && grep -qE '^  [A-Za-z].*: [01]\.[0-9]{3}$' "$work/hello.log" || { cat "$work/hello.log"; fail "no probability was printed"; }
# What an application that only asks a model brings along: by the package manager's word, and by what lies beside the program.
references="$(dotnet list package --include-transitive)"
beside="$(find bin -name '*.dll' -printf '%f\n' | sort -u)"
[ "$(grep -E '^Ark\.' <<<"$beside" | tr '\n' ' ')" = "Ark.Core.dll Ark.Data.dll Ark.Inference.dll Ark.Models.dll " ] || { echo "$beside"; fail "the application carries other parts of Ark than inference needs"; }
grep -q 'Ark\.Inference' <<<"$references" || { echo "$references"; fail "the references were not listed"; }
if grep -iE 'parquet|tensorboard|Ark\.Training|Ark\.Phantom' <<<"$references$beside"; then fail "Ark.Inference brings along what only training needs"; fi
if find bin -name 'Ark.*.dll' -print0 | xargs -0 grep -lE 'EventFile|ParquetEmbeddings'; then fail "an assembly of inference holds code of TensorBoard or Parquet"; fi
say "Ark.Inference brings no trainer, no Parquet, no TensorBoard and no phantom"
tools/ark --help | grep -q pretrain || fail "the tool has no help"
tools/ark inspect run/checkpoints/last.pth.tar | grep -q PhantomFindings || fail "the tool cannot inspect"
say "the README's console application embeds a PNG, and the tool runs"

image="$(find phantom -name '*.png' -print -quit)"
rm -rf bin
dotnet publish -r linux-x64 --self-contained false -o published -v quiet
published/hello run/checkpoints/last.pth.tar "$image" | grep -qE '^[0-9]+ numbers: ' || fail "the published application does not run"
# An application that uses TorchSharp before it uses Ark: threads must have learned to sleep all the same, which libgomp tells.
cat >Program.cs <<'PROGRAM'
System.Console.WriteLine(TorchSharp.torch.ones(2).sum().item<float>());
PROGRAM
env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT -u KMP_BLOCKTIME OMP_DISPLAY_ENV=TRUE dotnet run >torch-first.log 2>&1 || { cat torch-first.log; fail "the application without Ark in it failed"; }
grep -q "OMP_WAIT_POLICY = 'PASSIVE'" torch-first.log || { cat torch-first.log; fail "an application that uses TorchSharp first has threads that spin"; }
cp run/checkpoints/last.pth.tar "$work/model.pth.tar"
cd "$work"
say "published too"
rm -rf hello

# 2. An adapter of somebody else's, and a host without native packages.
mkdir clinic host
cat >clinic/clinic.csproj <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable></PropertyGroup>
  <ItemGroup><PackageReference Include="Ark.Core" Version="$version" /></ItemGroup>
</Project>
PROJECT
cp "$repository/samples/custom-adapter/JsonLinesAdapter.cs" clinic/
cat >host/host.csproj <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><RuntimeIdentifier>linux-x64</RuntimeIdentifier><SelfContained>false</SelfContained></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Ark.Training" Version="$version" />
    <PackageReference Include="Microsoft.Extensions.DependencyInjection" Version="10.0.0" />
    <ProjectReference Include="../clinic/clinic.csproj" />
  </ItemGroup>
</Project>
PROJECT
cat >host/Program.cs <<'PROGRAM'
using Ark;
using Ark.Data;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

var services = new ServiceCollection();
services.AddArk().AddDatasetAdapter<Samples.JsonLinesAdapter>("json-lines").AddModel("m", o => o.Checkpoint = args[1]);
using var provider = services.BuildServiceProvider();
var mine = provider.GetRequiredService<ArkDatasets>().Create(DatasetCatalogue.Load(args[0]).Get("mine"));
var samples = await mine.Adapter.ReadAsync(DatasetSplit.Train);
Console.WriteLine($"{mine.Name}: {samples.Count} images, {string.Join(", ", mine.Adapter.Labels.Names)}, {samples[0].PatientId}");
try
{
    provider.GetRequiredService<IArkClassifier>();
}
catch (InvalidOperationException e)
{
    Console.WriteLine(e.Message);
}
PROGRAM
mkdir -p list/images
cp "$repository/samples/custom-adapter/ark.yaml" list/
for split in train val test; do echo '{"image": "a.png", "findings": ["Edema"], "patient": "7"}' >"list/$split.jsonl"; done
dotnet build host -v quiet
dotnet host/bin/Debug/net10.0/linux-x64/host.dll list/ark.yaml model.pth.tar >host.log 2>&1 || { cat host.log; fail "the host failed"; }
cat host.log
[ "$(sed -n 1p host.log)" = "mine: 1 images, Edema, Effusion, 7" ] || fail "the adapter was not read"
[ "$(wc -l <host.log)" -eq 2 ] && grep -q '^libtorch.*Add the package TorchSharp-cpu' host.log || fail "the missing native package is not named in one sentence"
say "an adapter in an assembly of its own is read; a missing native package is named"
rm -rf host clinic list

# 3. A program with both Ark and TorchSharp.PyBridge: it compiles, and each reads what the other writes.
mkdir both
cat >both/both.csproj <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><RuntimeIdentifier>linux-x64</RuntimeIdentifier><SelfContained>false</SelfContained></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Ark.Models" Version="$version" />
    <PackageReference Include="TorchSharp-cpu" Version="0.107.0" />
    <PackageReference Include="TorchSharp.PyBridge" Version="1.4.4" />
  </ItemGroup>
</Project>
PROJECT
cat >both/Program.cs <<'PROGRAM'
using Ark;
using Ark.Models;
using TorchSharp;
using TorchSharp.PyBridge;

var shape = new ArkModelConfiguration
{
    Backbone = SwinVariants.Get("swin_mini"),
    Heads = ReleasedModels.Get("ark6").Configuration.Heads,
};
using var model = new ArkModel(shape);
model.save_py("ours.pth");
PyBridgeModuleExtensions.save_py(model, "theirs.pth");
model.save_safetensors("ours.safetensors");
PyBridgeModuleExtensions.save_safetensors(model, "theirs.safetensors");
using var ours = new ArkModel(shape);
using var theirs = new ArkModel(shape);
LoadReport report = ours.load_py("theirs.pth");
PyBridgeModuleExtensions.load_py(theirs, "ours.pth");
Console.WriteLine($"{Sum(model)} {Sum(ours)} {Sum(theirs)} {report.IsComplete}");
report = ours.load_safetensors("theirs.safetensors");
PyBridgeModuleExtensions.load_safetensors(theirs, "ours.safetensors");
Console.WriteLine($"{Sum(model)} {Sum(ours)} {Sum(theirs)} {report.IsComplete}");

static double Sum(torch.nn.Module module) =>
    module.state_dict().Values.Sum(t => t.to(torch.ScalarType.Float64).abs().sum().item<double>());
PROGRAM
dotnet build both -v quiet
(cd both && dotnet bin/Debug/net10.0/linux-x64/both.dll) >both.log 2>&1 || { cat both.log; fail "the program with TorchSharp.PyBridge failed"; }
cat both.log
[ "$(wc -l <both.log)" -eq 2 ] && awk '$1 != $2 || $1 != $3 || $4 != "True" { exit 1 }' both.log || fail "TorchSharp.PyBridge and Ark read different weights"
say "a program with TorchSharp.PyBridge compiles, and both read the same"

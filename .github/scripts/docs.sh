#!/bin/bash
#
# Builds the documentation of all library modules into one archive, with warnings as errors, and prints where it is.
#
# usage: .github/scripts/docs.sh [output folder, by default .build/docs/Lineshaft.doccarchive]

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

output=${1:-.build/docs/Lineshaft.doccarchive}
graphs=.build/docs/symbol-graphs

# The modules that can be imported: the package's library targets, system libraries apart.
modules=()
for folder in Sources/*/; do
    name=$(basename "$folder")
    if [[ -e $folder/module.modulemap || -e $folder/main.swift ]] || grep -rqs '^@main' "$folder"; then continue; fi
    modules+=("$name")
done

swift build 2>&1 </dev/null
products=$(swift build --show-bin-path)
target=$(swiftc -print-target-info | sed -n 's/^ *"triple": "\(.*\)",$/\1/p' | head -n 1)

# Adapters see C modules through the module maps of the system library targets.
maps=()
for map in Sources/*/module.modulemap; do
    if [[ -e $map ]]; then maps+=(-Xcc "-fmodule-map-file=$PWD/$map"); fi
done
for map in .build/checkouts/*/Sources/*/include/module.modulemap "$products"/*.build/module.modulemap; do
    if [[ -e $map ]]; then maps+=(-Xcc "-fmodule-map-file=$map"); fi
done

rm -rf "$graphs" "$output"
mkdir -p "$graphs" "$(dirname "$output")"
for module in "${modules[@]}"; do
    swift symbolgraph-extract -module-name "$module" -target "$target" -I "$products/Modules" "${maps[@]}" \
        -minimum-access-level public -skip-synthesized-members -output-dir "$graphs"
done

# A package manager's toolchain has docc beside swift; Xcode's is found by xcrun.
docc=(docc)
if ! command -v docc >/dev/null; then docc=(xcrun docc); fi
# The display name becomes the folder of the articles' addresses. It is the name of the root page's file, so that the list
# of pages beside an article is the root's.
"${docc[@]}" convert Docs.docc --additional-symbol-graph-dir "$graphs" --output-path "$output" --warnings-as-errors \
    --fallback-display-name Manual --fallback-bundle-identifier dev.lineshaft

echo "documentation of ${modules[*]}: $output"

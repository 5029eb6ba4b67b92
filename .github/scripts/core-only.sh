#!/bin/bash
#
# Builds and runs a package that uses the core alone (Tests/Client) and fails when that compiles anything but Swift, links a
# library of the system's that no Swift program does, or builds a module that the core is not known to need. What an
# adapter depends on is thereby kept away from those who do not use the adapter.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What the core needs, and nothing else. A new name here is a decision about every user's build time.
known='
    client Lineshaft
    Logging CoreMetrics Metrics
    Instrumentation Tracing ServiceContextModule ServiceContextModuleCompatibility
    ConcurrencyHelpers ServiceLifecycle UnixSignals
    AsyncAlgorithms ContainersPreview DequeModule HeapModule InternalCollectionsUtilities OrderedCollections
'

scratch=.build/client
rm -rf "$scratch"
swift build --package-path Tests/Client --scratch-path "$scratch" 2>&1 </dev/null
products=$(swift build --package-path Tests/Client --scratch-path "$scratch" --show-bin-path)

wrong=0
built=()
while IFS= read -r folder; do
    module=$(basename "$folder" .build)
    built+=("$module")
    if [[ " ${known//$'\n'/ } " != *" $module "* ]]; then
        echo "error: a program that uses the core alone builds $module; adapters bring their dependencies themselves" >&2
        wrong=1
    fi
done < <(find "$products"/*.build -name '*.o' | sed 's,\(.*\.build\)/.*,\1,' | sort -u)

while IFS= read -r object; do
    echo "error: compiled from another language than Swift: ${object#"$products"/}" >&2
    wrong=1
done < <(find "$products"/*.build -name '*.o' ! -name '*.swift.o' ! -name '*.swiftmodule.o')

if [[ $(uname) == Linux ]]; then
    while IFS= read -r library; do
        case $library in
        libswift* | libFoundation* | lib_Foundation* | libdispatch.so | libBlocksRuntime.so) ;;
        libc.so.* | libm.so.* | libgcc_s.so.* | libstdc++.so.* | ld-linux*) ;;
        *)
            echo "error: a program that uses the core alone links $library" >&2
            wrong=1
            ;;
        esac
    done < <(LC_ALL=C readelf -d "$products/client" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
fi

# The program is the README's first one.
printed=$(timeout 60 "$products/client") || true
if [[ $printed != 6 ]]; then
    echo "error: the README's first program printed “$printed” and not 6" >&2
    wrong=1
fi

if ((${#built[@]} < 2)); then
    echo "error: nothing was found to be built" >&2
    wrong=1
fi
echo "a program that uses the core alone builds ${#built[@]} modules: ${built[*]}"
exit "$wrong"

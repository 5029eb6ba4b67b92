#!/bin/bash
#
# Runs a command, whose programs are built with the address sanitizer, so that memory which they leak is an error too.
#
#     Tests/Sanitizers/memory.sh COMMAND [ARGUMENT…]
#
# Where a process may not be traced, the leak sanitizer finds nothing and may not say so. So a program that leaks is
# built and run first, and must be caught. Leaks are not looked for on systems whose sanitizer cannot do it.

set -euo pipefail

if (($# == 0)); then
    echo "usage: Tests/Sanitizers/memory.sh COMMAND [ARGUMENT…]" >&2
    exit 64
fi

options=halt_on_error=1:detect_stack_use_after_return=0
if [[ $(uname) == Linux ]]; then
    options+=:detect_leaks=1
    folder=$(mktemp -d "${TMPDIR:-/tmp}/lineshaft-leak.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
    printf '%s\n' '#include <stdlib.h>' 'int main(void) { return malloc(4711) == NULL; }' >"$folder/leak.c"
    "$clang" -O0 -fsanitize=address -fuse-ld=lld "$folder/leak.c" -o "$folder/leak"
    if ASAN_OPTIONS=$options "$folder/leak" >"$folder/log" 2>&1 || ! grep -q 'LeakSanitizer.*leak' "$folder/log"; then
        echo "error: the leak sanitizer does not find a leak here, so it cannot tell that there is none; it said:" >&2
        cat "$folder/log" >&2
        exit 1
    fi
fi

suppressions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/leak.supp
export ASAN_OPTIONS=$options${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export LSAN_OPTIONS=suppressions=$suppressions:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}
"$@"

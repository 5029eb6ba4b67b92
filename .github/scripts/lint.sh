#!/bin/bash
#
# Checks the house rules that a machine can see and the formatter cannot. Every finding names file, line and rule.
#
# A line may break a rule on purpose by ending in
#
#     // lint:allow(RULE) why
#
# With --self-test, checks instead that every rule finds a bad sample and passes a good one.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
findings=0

report() { # rule, place, message
    echo "$2: error: [$1] $3" >&2
    findings=$((findings + 1))
}

files() { # git pathspecs: every file that is tracked, or could be
    git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
        if [[ -f $file ]]; then printf '%s\n' "$file"; fi
    done
}

# Reports the lines of some files that match a pattern, unless they are comments or allowed on purpose.
forbid() { # rule, extended regular expression, message; the files' names on standard input
    local rule=$1 pattern=$2 message=$3 file line text
    while IFS= read -r file; do
        while IFS=: read -r line text; do
            [[ $text =~ ^[[:space:]]*// ]] && continue
            [[ $text == *"lint:allow($rule) "?* ]] && continue
            if [[ $text == *" // "* ]] && ! grep -qE -- "$pattern" <<<"${text%% // *}"; then continue; fi
            report "$rule" "$file:$line" "$message"
        done < <(grep -nE -- "$pattern" "$file" || true)
    done
}

without() { grep -vE -- "$1" || true; }

check_top_level() {
    local entry
    while IFS= read -r entry; do
        case $entry in
        .* | Package.swift | Sources | Tests | Examples | Docs.docc | README.md | LICENSE) ;;
        *) report top-level "$entry" "does not belong at the top level of the package" ;;
        esac
    done < <(files | cut -d/ -f1 | sort -u)
}

check_length() {
    local file lines
    while IFS= read -r file; do
        lines=$(wc -l <"$file")
        if ((lines > 400)); then
            report length "$file:401" "$lines lines; split a file of more than 400 into Type+Topic.swift"
        fi
    done < <(files '*.swift')
}

check_unfinished() {
    local file line text
    while IFS= read -r file; do
        while IFS=: read -r line text; do
            [[ $text == *"lint:allow(unfinished)"* ]] && continue
            report unfinished "$file:$line" "open an issue instead of leaving a note"
        done < <(grep -nEw -- 'TODO|FIXME|XXX|HACK' "$file" || true) # lint:allow(unfinished) the rule itself
    done < <(files '*.swift' '*.md' '*.sh' '*.lua' '*.h' '*.c' Tests/run .ci/run)
}

# What the compiler takes on trust needs a reason: a plain comment on the line or directly above the declaration.
check_unchecked() {
    local file place
    while IFS= read -r file; do
        while IFS= read -r place; do
            report unchecked "$file:$place" "say in a // comment what protects the value"
        done < <(awk '
            /^[[:space:]]*\/\/([^\/]|$)/ { reason = 1; next }
            /^[[:space:]]*(\/\/\/|@)/ { if ($0 !~ /unchecked/) next }
            /@unchecked[[:space:]]+Sendable|nonisolated\(unsafe\)/ {
                if (!reason && $0 !~ /[^:"]\/\/ ?[^\/ ]/) print FNR
            }
            { reason = 0 }
        ' "$file")
    done < <(files 'Sources/*.swift' 'Examples/*.swift' 'Tests/*.swift')
}

check_tasks() {
    files 'Sources/*.swift' 'Examples/*.swift' | without 'UncancelledTask\.swift$' |
        forbid task '(^|[^[:alnum:]_.])Task(<[^>]*>)?([[:space:]]*\{|\()|Task(<[^>]*>)?\.(detached|immediate)' \
            "unstructured tasks live in withUncancelledTask alone; use a task group or async let"
    files 'Tests/SimulationTests/*.swift' |
        forbid task '(^|[^[:alnum:]_.])Task(<[^>]*>)?([[:space:]]*\{|\()|Task(<[^>]*>)?\.(detached|immediate)' \
            "an unstructured task escapes the simulation's executor"
    files 'Sources/*.swift' 'Examples/*.swift' 'Tests/*.swift' |
        without '^(Sources/Lineshaft/Time/SystemClock|Tests/Benchmarks/.*)\.swift$' |
        forbid sleep 'Task(<[^>]*>)?\.sleep|ContinuousClock\(\)\.sleep|SuspendingClock\(\)\.sleep|Thread\.sleep|(^|[^[:alnum:]_.])(usleep|nanosleep)\(' \
            "only SystemClock sleeps; take any QueueClock, and advance a VirtualClock in tests"
    files 'Sources/*.swift' | without '^Sources/Lineshaft/Time/SystemClock\.swift$' |
        forbid wall-clock '(^|[^[:alnum:]_])Date\(\)|(^|[^[:alnum:]_])Date\.now|ContinuousClock\.now|(ContinuousClock|SuspendingClock)\(\)' \
            "only SystemClock reads the machine's clock; take any QueueClock"
}

check_imports() {
    local keyword='^[[:space:]]*(@[[:alnum:]_()]+[[:space:]]+)*((public|package|internal|private|fileprivate)[[:space:]]+)?import[[:space:]]+'
    files 'Sources/*.swift' 'Examples/*.swift' 'Tests/*.swift' |
        without '^Sources/(UVEventLoop|Lineshaft[[:alnum:]]+/(Connection|EventLoop))/' |
        forbid c-import "$keyword(struct |func |class |enum |var |let )?C[A-Z][[:alnum:]]*" \
            "only UVEventLoop and the Connection and EventLoop folders of adapters import C modules"
    files 'Sources/*.swift' |
        forbid dispatch "$keyword(Dispatch|NIO[[:alnum:]]*)([^[:alnum:]]|\$)" "no dispatch queues and no NIO"
    files 'Sources/Lineshaft/*.swift' |
        forbid public-import '^[[:space:]]*(@[[:alnum:]_()]+[[:space:]]+)*(public|package)[[:space:]]+import[[:space:]]+(Foundation|Glibc|Musl|Darwin|NIO|C[A-Z])' \
            "no type of Foundation or C in a signature of the core"
    files 'Sources/Lineshaft/*.swift' |
        forbid adapter-import "$keyword(Lineshaft[A-Z]|UVEventLoop)" "the core knows no adapter"
}

# The project speaks of itself alone: no folder of somebody's machine.
check_paths() {
    files | without '^(LICENSE|Tests/DocumentationTests/ReferenceCheckerTests\.swift)$' |
        while IFS= read -r file; do if grep -qI '' "$file"; then printf '%s\n' "$file"; fi; done |
        forbid machine-path '(^|[^[:alnum:]_./$}*~-])/(home|root|Users|work|mnt|srv)/[[:alnum:]]' "names a folder of some machine"
}

check_manifest() {
    local counts
    [[ -f Package.swift ]] || return 0
    counts=$(awk '
        /\.(target|executableTarget|testTarget)\($/ { targets++ }
        /^[[:space:]]+swiftSettings: settings/ { settled++ }
        END { print targets + 0, settled + 0 }
    ' Package.swift)
    if [[ ${counts% *} != "${counts#* }" ]]; then
        report manifest Package.swift "${counts% *} targets, of which ${counts#* } have 'swiftSettings: settings'"
    fi
}

check_all() {
    check_top_level
    check_length
    check_unfinished
    check_unchecked
    check_tasks
    check_imports
    check_paths
    check_manifest
}

# Pipelines must not run `forbid` in a subshell, or its findings would not be counted.
shopt -s lastpipe

self_test() {
    local sample expected found failures=0
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT # not local: it runs after this function has returned
    cd "$folder"
    git init --quiet .
    try() { # the rule that must be found, or "none"; a path; the text
        expected=$1 sample=$2 findings=0
        mkdir -p "$(dirname "$sample")"
        printf '%s\n' "$3" >"$sample"
        check_all 2>"$folder/.git/findings"
        found=$(sed -n 's/.*error: \[\([a-z-]*\)\].*/\1/p' "$folder/.git/findings" | sort -u | tr '\n' ' ')
        if [[ ${found:-none } != "$expected " ]]; then
            echo "self-test: expected $expected and found ${found:-none}for: $3" >&2
            failures=$((failures + 1))
        fi
        rm -f "$sample"
    }
    try none Sources/A/A.swift 'let a = 1 // nothing wrong'
    try top-level Vendor/a.txt 'a stranger'
    try length Sources/A/A.swift "$(yes 'let a = 1' | head -n 401)"
    try none Sources/A/A.swift "$(yes 'let a = 1' | head -n 400)"
    try unfinished Sources/A/A.swift '// TODO: later' # lint:allow(unfinished) a sample
    try none Sources/A/A.swift 'let todos = 3'
    try unchecked Sources/A/A.swift 'final class A: @unchecked Sendable {}'
    try unchecked Sources/A/A.swift $'/// Documentation is no reason.\nnonisolated(unsafe) var a = 1'
    try none Sources/A/A.swift $'// Guarded by the lock.\n@frozen\nfinal class A: @unchecked Sendable {}'
    try none Sources/A/A.swift 'nonisolated(unsafe) var a = 1 // set once, before the loop starts'
    try task Sources/A/A.swift '    Task { await work() }'
    try task Sources/A/A.swift '    let t = Task<Void, Never>.detached { }'
    try task Examples/a/main.swift '    Task(priority: .high) { await work() }'
    try task Tests/SimulationTests/A.swift '    let task = Task { await work() }'
    try none Tests/ATests/A.swift '    let task = Task { await work() }'
    try none Sources/A/A.swift 'try Task.checkCancellation() // and no Task { }'
    try none Sources/A/UncancelledTask.swift 'await Task { try await work() }.value'
    try sleep Tests/ATests/A.swift 'try await Task.sleep(for: .seconds(1))'
    try none Tests/ATests/A.swift 'try await Task.sleep(for: .seconds(1)) // lint:allow(sleep) a real child process'
    try none Sources/A/A.swift '    func sleep(until deadline: Duration) async throws { try await clock.sleep(until: deadline) }'
    try wall-clock Sources/A/A.swift 'let now = Date()'
    try none Sources/A/A.swift 'let date = Date(timeIntervalSince1970: 0)'
    try c-import Sources/LineshaftRedis/Broker.swift 'internal import CHiredis'
    try none Sources/LineshaftRedis/Connection/Reader.swift 'internal import CHiredis'
    try none Sources/A/A.swift 'internal import Crypto'
    try dispatch Sources/A/A.swift 'import Dispatch'
    try public-import Sources/Lineshaft/A.swift 'public import FoundationEssentials'
    try adapter-import Sources/Lineshaft/A.swift 'internal import LineshaftRedis'
    try machine-path README.md 'see /home/me/lineshaft' # lint:allow(machine-path) a sample
    try none README.md 'curl localhost:8080/work/items and `lineshaft-bench`'
    try manifest Package.swift $'        .target(\n            name: "A"\n        ),'
    cd "$root"
    ((failures == 0)) && echo "the rules' own test passed"
}

case ${1:-} in
--self-test) self_test ;;
"")
    cd "$root"
    check_all
    echo "$findings findings in the house rules"
    ((findings == 0))
    ;;
*)
    echo "usage: .github/scripts/lint.sh [--self-test]" >&2
    exit 64
    ;;
esac

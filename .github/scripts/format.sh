#!/bin/bash
#
# Checks the format and the documentation comments of every Swift file; with --fix, formats them.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case ${1:-} in
"") swift format lint --strict --parallel --recursive Package.swift Sources Tests Examples ;;
--fix) swift format --in-place --parallel --recursive Package.swift Sources Tests Examples ;;
*)
    echo "usage: .github/scripts/format.sh [--fix]" >&2
    exit 64
    ;;
esac

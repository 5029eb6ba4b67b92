#!/bin/bash
#
# Fails when a Swift file does not begin with the five-line licence header. Package manifests are exempt: their first
# line has to state the tools version.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

header='//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//'

checked=0
missing=0
while IFS= read -r file; do
    case $file in
    Package.swift | */Package.swift) continue ;;
    esac
    [[ -f $file ]] || continue
    checked=$((checked + 1))
    if [[ $(head -n 5 -- "$file") != "$header" ]]; then
        echo "$file:1: error: the five-line licence header is missing or differs" >&2
        missing=$((missing + 1))
    fi
done < <(git ls-files --cached --others --exclude-standard -- '*.swift')

echo "$checked Swift files checked, $missing without the licence header"
((missing == 0))

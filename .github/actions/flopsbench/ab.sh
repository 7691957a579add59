#!/usr/bin/env bash
# Compare two commits of the project in this folder: fresh processes of the one and the other in turn.
set -euo pipefail
# shellcheck source=SCRIPTDIR/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

commit() { # commit NAME: the hash of a commit, branch or tag; asked of origin where this clone does not have it
    git rev-parse --quiet --verify --end-of-options "$1^{commit}" && return
    git check-ref-format "refs/heads/$1" || return # "a:b" would tell fetch to write a branch b
    git fetch --quiet --no-tags --depth=1 --end-of-options origin "$1" && git rev-parse --verify FETCH_HEAD
}

base=$(commit "${FLOPSBENCH_BASE:-HEAD^1}") || fail 2 "base is no commit here: check out with fetch-depth: 2 or name one"
head=$(commit "${FLOPSBENCH_HEAD:-HEAD}") || fail 2 "head is no commit here"

for name in install device dtype size backend pairs margin fail-on "${calls[@]}"; do option "$name"; done
status=0
flopsbench ab "--a=git=$base" "--b=git=$head" "${options[@]}" \
    "--json=$out/verdict.json" "--markdown=$out/verdict.md" "--junit=$out/verdict.xml" "${extra[@]}" "${suite[@]}" ||
    status=$?
[ "$status" -ne 3 ] || [ -s "$out/verdict.json" ] || fail 3 "head could not be installed, and nothing was compared"
finish "$status"

#!/usr/bin/env bash
# Measure this commit, add the Result to the history, which is a branch of its own, and check the history for changes.
set -euo pipefail
# shellcheck source=SCRIPTDIR/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

branch=${FLOPSBENCH_HISTORY_BRANCH:-flopsbench-history}
git check-ref-format "refs/heads/$branch" || fail 2 "history-branch is no name of a branch"
history=$(mktemp -d)/history
author=(-c user.name=flopsbench -c user.email=flopsbench@localhost)

newest_history() { # lay out the newest commit of the branch in $history; an empty one where there is no branch yet
    local status=0 tip
    git ls-remote --exit-code --heads origin "refs/heads/$branch" >/dev/null || status=$?
    case $status in
    0) git fetch --quiet --no-tags origin "refs/heads/$branch" && tip=$(git rev-parse FETCH_HEAD) ;;
    2) tip=$(git "${author[@]}" commit-tree -m "Begin the history" "$(git hash-object -t tree -w /dev/null)") ;;
    *) fail 1 "origin cannot be read" ;;
    esac
    if [ -d "$history" ]; then
        git -C "$history" reset --quiet --hard "$tip"
    else
        git worktree add --quiet --detach "$history" "$tip"
    fi
}

record() { # record RESULT..: add and push; who was overtaken by another job adds once more to what that one left
    local attempt
    for attempt in 1 2 3 4 5; do
        newest_history
        # Another job that began later may have finished earlier: not a clock that went backwards.
        flopsbench track add "$@" "--history=$history" --backfill || finish $?
        git -C "$history" add --all
        if git -C "$history" diff --cached --quiet; then return; fi # it is there already
        git -C "$history" "${author[@]}" commit --quiet --message "Add a Result of $(git rev-parse HEAD)"
        if git -C "$history" push --quiet origin "HEAD:refs/heads/$branch"; then return; fi
        sleep "$attempt"
    done
    fail 1 "the history cannot be pushed: this job needs the permission to write contents"
}

measure_gemm() { # of the environment that the project is installed in
    if [ -n "${FLOPSBENCH_INSTALL:-}" ]; then bash -c "$FLOPSBENCH_INSTALL" || fail 1 "the install command failed"; fi
    for name in device dtype size backend; do option "$name"; done
    flopsbench run "${options[@]}" "--json=$out/result.json" "${extra[@]}" || measured=$?
    results=("$out/result.json")
}

measure_project() { # this commit, installed in a fresh environment; its Result comes as a history of its own
    for name in install "${calls[@]}"; do option "$name"; done
    mkdir -p "$out/measured"
    flopsbench track backfill "$(git rev-parse HEAD)" "--history=$out/measured" \
        "${options[@]}" "${extra[@]}" "${suite[@]}" || measured=$?
    mapfile -t results < <(find "$out/measured" -name '*.json')
    [ "$measured" -ne 3 ] || [ "${#results[@]}" -gt 0 ] || fail 1 "this commit could not be installed or measured"
}

trap 'git worktree remove --force "$history" 2>/dev/null || true' EXIT
measured=0 results=()
if [ -n "${suite[*]}${FLOPSBENCH_CALL:-}${FLOPSBENCH_COMMAND:-}" ]; then measure_project; else measure_gemm; fi
case $measured in
0 | 3) record "${results[@]}" ;; # a product that failed its proof belongs into the history too
*) finish "$measured" ;;
esac
options=()
for name in margin fail-on; do option "$name"; done
status=0
flopsbench track check "--history=$history" "${options[@]}" \
    "--json=$out/verdict.json" "--markdown=$out/verdict.md" "--junit=$out/verdict.xml" || status=$?
if [ "$status" -eq 0 ]; then status=$measured; fi
finish "$status"

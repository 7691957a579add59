# shellcheck shell=bash
# What ab.sh and track.sh share. Settings come as variables FLOPSBENCH_*, empty or unset where there is none.

out=${FLOPSBENCH_OUT:-$(mktemp -d "${RUNNER_TEMP:-/tmp}/flopsbench.XXXXXX")} # each use of the action its own
mkdir -p "$out"
options=()
# shellcheck disable=SC2034 # used where this is sourced
read -r -d '' -a extra <<<"${FLOPSBENCH_ARGS:-}" || true # to the end of the text, which has no NUL

option() { # option NAME: --NAME=VALUE from the variable of that name, if it has a value
    local variable=FLOPSBENCH_${1^^}
    variable=${variable//-/_}
    [ -z "${!variable:-}" ] || options+=("--$1=${!variable}")
}

fail() { # fail STATUS SENTENCE
    if [ -n "${GITHUB_ACTIONS:-}" ]; then echo "::error title=flopsbench::$2"; else echo "flopsbench: $2" >&2; fi
    finish "$1"
}

finish() { # finish STATUS: tell the workflow what came out, and end with it
    local verdict=error
    case $1 in
    0) verdict=passed ;;
    3) verdict=regression ;;
    4) verdict=inconclusive ;;
    5) verdict=not-comparable ;;
    6) verdict=rejected ;;
    7) verdict=nothing-measurable ;;
    esac
    {
        echo "exit-code=$1"
        echo "verdict=$verdict"
        echo "folder=$out"
        if [ -f "$out/verdict.json" ]; then echo "json=$out/verdict.json"; fi
        if [ -f "$out/verdict.md" ]; then echo "markdown=$out/verdict.md"; fi
    } >>"${GITHUB_OUTPUT:-/dev/null}"
    exit "$1"
}

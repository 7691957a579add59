# shellcheck shell=bash
# What ab.sh and track.sh share. Settings come as variables FLOPSBENCH_*, empty or unset where there is none.

here=$(dirname "${BASH_SOURCE[0]}")
out=${FLOPSBENCH_OUT:-$(mktemp -d "${RUNNER_TEMP:-/tmp}/flopsbench.XXXXXX")} # each use of the action its own
sharpness=${FLOPSBENCH_SHARPNESS:-25%}
mkdir -p "$out"
options=()
# shellcheck disable=SC2034 # used where this is sourced
calls=(call flop sync command) # the options that say what of the project is measured; it is GEMM without them
# shellcheck disable=SC2034
read -r -d '' -a extra <<<"${FLOPSBENCH_ARGS:-}" || true # to the end of the text, which has no NUL
read -r -d '' -a suite <<<"${FLOPSBENCH_SUITE:-}" || true
if [ "${#suite[@]}" -gt 0 ]; then suite=(--suite -- "${suite[@]}"); fi # the last option: all behind it is pytest's

option() { # option NAME: --NAME=VALUE from the variable of that name, if it has a value
    local variable=FLOPSBENCH_${1^^}
    variable=${variable//-/_}
    [ -z "${!variable:-}" ] || options+=("--$1=${!variable}")
}

tell() { # tell error|warning SENTENCE
    if [ -n "${GITHUB_ACTIONS:-}" ]; then echo "::$1 title=flopsbench::$2"; else echo "flopsbench: $2" >&2; fi
}

fail() { # fail STATUS SENTENCE
    tell error "$2"
    finish "$1"
}

finish() { # finish STATUS: tell the workflow what came out, and end with it
    local status=$1 verdict=error caught='' blunt='the verdict cannot be read'
    case $status in
    0) verdict=passed ;;
    3) verdict=regression ;;
    4) verdict=inconclusive ;;
    5) verdict=not-comparable ;;
    6) verdict=rejected ;;
    7) verdict=nothing-measurable ;;
    esac
    if [ -s "$out/verdict.json" ]; then
        { read -r caught && read -r blunt; } < <(python3 "$here/sharpness.py" "$sharpness" "$out/verdict.json") || true
    elif [ "$verdict" = regression ]; then
        verdict=error # nothing was compared
    fi
    if [ "$verdict" = passed ] && [ -n "$blunt" ]; then # to find nothing where nothing could be found is no pass
        verdict=inconclusive
        tell warning "nothing was found, which says little: $blunt"
        case ",${FLOPSBENCH_FAIL_ON:-}," in *[,\ ]inconclusive[,\ ]*) status=4 ;; esac
    fi
    {
        echo "exit-code=$status"
        echo "verdict=$verdict"
        echo "could-have-caught=$caught"
        echo "folder=$out"
        if [ -f "$out/verdict.json" ]; then echo "json=$out/verdict.json"; fi
        if [ -f "$out/verdict.md" ]; then echo "markdown=$out/verdict.md"; fi
    } >>"${GITHUB_OUTPUT:-/dev/null}"
    exit "$status"
}

python3 "$here/sharpness.py" "$sharpness" || fail 2 "sharpness is a share, 25% or 0.25"

# Sourced by the scripts beside it: what they ask of the system.

as_root() {
    local sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo)
    "${sudo[@]}" "$@"
}

need() { # need COMMAND PACKAGE: install a Debian package when its command is missing
    command -v "$1" >/dev/null && return
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends "$2"
}

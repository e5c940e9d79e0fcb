#!/bin/sh
# Makes sure that the system has what the bank (run), its tests (test) or its benchmarks (bench)
# need beside Python.
# Installs what is missing where apt-get may be used; elsewhere it says what to install.
set -eu

missing=""
need() { missing="$missing $1"; }

"${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Python 3.11 or later is needed; name it with PYTHON=..." >&2
    exit 1
}
"${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null || need python3-venv

if [ "$(uname -s)" = Linux ] && ! command -v mongod >/dev/null && [ -z "${MONGO_URI:-}" ]; then
    ldconfig -p 2>/dev/null | grep -q 'libcurl\.so\.4 ' || need libcurl4
    ldconfig -p 2>/dev/null | grep -q 'libcrypto\.so\.3 ' || need libssl3
fi
if [ "$1" = test ]; then
    command -v node >/dev/null || need nodejs
    command -v npm >/dev/null || need npm
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || need chromium
fi
if [ "$1" = bench ]; then
    command -v wrk >/dev/null || need wrk
fi

[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    echo "Installing$missing ..." >&2
    # shellcheck disable=SC2086 - a list of package names
    if $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
        exit 0
    fi
fi
echo "Please install$missing with your system's package manager, then try again." >&2
exit 1

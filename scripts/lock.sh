#!/bin/sh
# Resolve pyproject.toml into requirements.lock: exact versions of all dependencies, no addresses.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m pip --disable-pip-version-check install --quiet uv
.venv/bin/uv pip compile --quiet --python-version 3.13 --extra flow --extra dev pyproject.toml --no-header --no-annotate --output-file .requirements.lock.new
mv .requirements.lock.new requirements.lock
echo requirements.lock

#!/bin/sh
# An annotated tag of a version: changelog, pyproject.toml and CITATION.cff agree on it, and nothing is uncommitted. The workflow
# .github/workflows/publish.yml makes the release when the tag is pushed.
set -eu
cd "$(dirname "$0")/.."
version=${1:-}
if [ -z "$version" ]; then
    echo "scripts/tag.sh: no version; give one, such as 0.1.0" >&2
    exit 2
fi
.venv/bin/neusoc release-notes "$version" --check
if [ -n "$(git status --porcelain)" ]; then
    echo "scripts/tag.sh: the tree has changes that are not committed; commit or stash them" >&2
    exit 2
fi
git tag -a "v$version" -m "NeuSoC $version"
echo "tagged v$version; publish it with: git push origin v$version"

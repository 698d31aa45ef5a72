#!/usr/bin/env bash
# Installs into a scratch prefix, builds examples/library against it as a user would, and runs it.
# Usage: run.sh <build folder> <source folder>
set -euo pipefail
build=$1 source=$2
prefix=$build/install-test/prefix
rm -rf "$build/install-test"
cmake --install "$build" --prefix "$prefix" >/dev/null
cmake -S "$source/examples/library" -B "$build/install-test/example" -G Ninja \
  -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$build/install-test/example" >/dev/null
output=$("$build/install-test/example/triage")
echo "$output"
grep -qx 'redacted: The terminal shows error 12, please mail me at \[EMAIL\]' <<<"$output"
grep -qx 'nearest:  hardware' <<<"$output"
"$prefix/bin/ganglion" version

#!/usr/bin/env bash
# Runs every fuzz target of build/fuzz for the given seconds (20), two at a time, starting from the
# seeds in src/*/fuzz_seeds/<target>/ where there are some. A crash ends it with exit code 1; its
# input is left in build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/.."
export seconds=${1:-20}
mkdir -p build/fuzz/crashes

run_target() {
  local target=$1 name corpus seeds log
  name=$(basename "$target")
  corpus=build/fuzz/corpus/$name
  log=build/fuzz/$name.log
  mkdir -p "$corpus"
  seeds=$(find src -type d -path "*/fuzz_seeds/$name")
  if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
      -artifact_prefix="build/fuzz/crashes/$name-" "$corpus" $seeds >"$log" 2>&1; then
    tail -40 "$log"
    echo "fuzz: $name failed; its input is in build/fuzz/crashes" >&2
    return 255
  fi
  echo "fuzz: $name: $(grep -oE 'Done [0-9]+ runs' "$log" | tail -1)"
}
export -f run_target
find build/fuzz/fuzz -maxdepth 1 -type f -name '*_fuzz' | sort |
  xargs -P "$(nproc)" -I{} bash -c 'run_target {}'

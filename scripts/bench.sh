#!/usr/bin/env bash
# Prints every table of docs/performance.md and docs/quality.md, built by `make bench` before.
# $GANGLION_DATA names the folder with the public data sets (default ../shared/data); what is not
# there is skipped by name.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/release
scripts/fetch_test_models.sh || echo "bench: no MiniLM weights; what needs them says so"

for program in "$build"/*_bench; do
  printf '\n== %s\n' "$(basename "$program")"
  "$program" --benchmark_min_time=0.5
done
for program in pipeline quality_classifier quality_tagger quality_redaction quality_embedding; do
  printf '\n== bench_%s\n' "$program"
  "$build/bench_$program" || echo "bench_$program: failed or skipped, see above"
done

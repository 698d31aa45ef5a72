#!/usr/bin/env bash
# What `make test` does not: clang-tidy over every file, the tests under sanitizers, every fuzz target
# for FUZZ_SECONDS (20) each, and the build for aarch64, run under qemu where that is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
fuzz_seconds=${FUZZ_SECONDS:-20}

step() { printf '\n== %s\n' "$*"; }

step "style of every file"
scripts/tidy.sh

# One build serves both: the fuzz preset is the asan preset with the fuzz targets beside the tests.
step "AddressSanitizer and UndefinedBehaviorSanitizer"
cmake --preset fuzz >/dev/null
cmake --build build/fuzz -j "$jobs"
ASAN_OPTIONS=detect_leaks=1 ctest --test-dir build/fuzz -j "$jobs" --output-on-failure

step "fuzz targets, $fuzz_seconds s each"
scripts/fuzz.sh "$fuzz_seconds"

step "ThreadSanitizer"
cmake --preset tsan >/dev/null
cmake --build build/tsan -j "$jobs" --target concurrent_tests
ctest --test-dir build/tsan -j "$jobs" --output-on-failure -L concurrent

step "aarch64"
scripts/make_aarch64_sysroot.sh
cmake --preset aarch64 >/dev/null
cmake --build build/aarch64 -j "$jobs"
if command -v qemu-aarch64 >/dev/null; then
  # Not with the real MiniLM weights: minutes for an emulator, and the same kernels are tested small.
  GANGLION_MINILM=none ctest --test-dir build/aarch64 -j "$jobs" --output-on-failure
else
  echo "check: qemu-aarch64 is not installed: compiled for aarch64, not run"
fi

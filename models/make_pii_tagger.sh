#!/bin/sh
# Makes models/ganglion-pii-tagger.gguf again, from models/pii-tagger and the training tickets and
# help pages of examples/support. Run from the repository root after: make build
set -eu
texts=$(mktemp --suffix=.jsonl)
trap 'rm -f "$texts"' EXIT
build/release/bench_pii_training_text --texts 50000 --seed 7 > "$texts"
build/bin/ganglion train tagger --data "$texts" --out models/ganglion-pii-tagger.gguf \
  --epochs 5 --min-feature-count 40 --feature-dropout 0.2 --seed 1

#!/usr/bin/env bash
# The main job, end to end, on the example inbox: trains its skills, then triages the test tickets,
# which nothing was fitted to. Everything it writes is in build/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
ganglion=build/bin/ganglion
support=examples/support
demo=build/demo
rm -rf "$demo"
mkdir -p "$demo"

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[[ -t 1 ]] || step() { printf '\n%s\n' "$*"; }

step "1. Train the skills on $(wc -l <$support/tickets/train.jsonl) labelled tickets"
"$ganglion" train classifier --data $support/tickets/train.jsonl --label-column intent \
  --abstain-label oos --out $demo/intent.gguf
"$ganglion" train classifier --data $support/tickets/train.jsonl --label-column urgency \
  --out $demo/urgency.gguf

step "2. Triage $(wc -l <$support/tickets/test.jsonl) tickets"
"$ganglion" run $support/mesh.yaml --input $support/tickets/test.jsonl \
  --output $demo/answers.jsonl --report $demo/report.html

step "3. What you can do next"
id=$(sed -n '1s/.*"id":"\([^"]*\)".*/\1/p' $demo/answers.jsonl)
cat <<TEXT
  open $demo/report.html                                  the report, with charts
  $ganglion why ID --ledger $demo/ledger.db               why a ticket went where it went
  $ganglion ledger summary --ledger $demo/ledger.db
  $ganglion queue list --queue $demo/queue.db             what waits for a person
  head -1 $demo/answers.jsonl                             one answer
TEXT

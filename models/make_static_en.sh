#!/bin/sh
# Makes models/ganglion-static-en.gguf again. models/README.md says what goes in and where it is from.
# usage: models/make_static_en.sh TEACHER_DIR DATA_DIR [OUT_FILE]
set -eu
if [ $# -lt 2 ]; then
  sed -n '2,3s/^# //p' "$0" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
out=${3:-$here/ganglion-static-en.gguf}
text=$(mktemp -d)
trap 'rm -rf "$text"' EXIT
"$here/static_en_text.py" --data "$2" --out "$text"
"$here/../build/bin/ganglion" distill static --teacher "$1" --text "$text"/*.txt --out "$out" \
  --max-texts 60000 --name ganglion-static-en --license Apache-2.0
sha256sum "$out"

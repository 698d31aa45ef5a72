#!/usr/bin/env bash
# Style as a test: tools/tidy (levels, sizes, names), clang-format, clang-tidy. Exit code 1 on any.
# With --changed, clang-tidy reads only the files that differ from the upstream branch: it takes
# three seconds a file, more than all tests together.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/tidy
git ls-files -z '*.cc' '*.h' | xargs -0 clang-format-14 --dry-run -Werror
echo "clang-format: clean"

# Without the precompiled headers of another compiler; so every file proves that it includes what it uses.
cmake --preset release -B build/tidy/commands -DGANGLION_PRECOMPILE_HEADERS=OFF >/dev/null
# A file whose sources and headers have not changed since it was found clean is not read again.
stamps=build/tidy
mkdir -p "$stamps"
export stamps
check_file() {
  local source=$1 stamp
  stamp=$stamps/${source//\//.}
  local newest
  newest=$(find src include .clang-tidy \( -name '*.h' -o -path "./$source" -o -name .clang-tidy \) -newer "$stamp" -print -quit 2>/dev/null || echo yes)
  [[ -e $stamp && -z $newest && ! $source -nt $stamp ]] && return 0
  clang-tidy-14 --quiet -p build/tidy/commands "$source" 2>/dev/null || return 1
  touch "$stamp"
}
export -f check_file
list_sources() {
  if [[ ${1:-} == --changed ]]; then
    local base
    base=$(git merge-base HEAD '@{upstream}' 2>/dev/null || echo HEAD)
    git diff --name-only --diff-filter=d "$base" -- 'src/*.cc'
  else
    git ls-files 'src/*.cc'
  fi
}
# kernels/neon compiles for Arm only.
mapfile -t sources < <(list_sources "$@" | grep -vE '_(test|bench|fuzz)\.cc$|boost_impl|kernels/neon/')
printf '%s\n' "${sources[@]}" | xargs -r -P "$(nproc)" -I{} bash -c 'check_file {}'
echo "clang-tidy: ${#sources[@]} files clean"

#!/usr/bin/env bash
# Installs the packages of scripts/packages.txt that are missing. Usage: setup.sh build|test|check
# A stage includes those before it. Idempotent; uses sudo when not root; does nothing, without
# asking the network, when nothing is missing.
set -euo pipefail

stage=${1:-build}
case $stage in
  build) stages="build" ;;
  test) stages="build test" ;;
  check) stages="build test check" ;;
  *) echo "usage: $0 build|test|check" >&2; exit 2 ;;
esac
if ! command -v apt-get >/dev/null; then
  echo "setup: no apt-get here. Install what scripts/packages.txt lists by hand, then build with" >&2
  echo "       cmake --preset release && cmake --build build/release" >&2
  exit 1
fi

is_installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# Prints the alternatives of each wanted line of which none is installed.
missing_lines() {
  local want alternatives package found
  while read -r want alternatives; do
    [[ " $stages " == *" $want "* ]] || continue
    found=no
    for package in ${alternatives//|/ }; do
      if is_installed "$package"; then found=yes; break; fi
    done
    [[ $found == yes ]] || echo "$alternatives"
  done < <(grep -v '^#' "$(dirname "$0")/packages.txt")
}

missing=$(missing_lines)
[[ -n $missing ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "setup: run as root, or install sudo; missing:" $missing >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
echo "setup: installing" $missing
"${as_root[@]}" apt-get update -qq
packages=()
for alternatives in $missing; do
  chosen=
  for package in ${alternatives//|/ }; do
    if apt-cache show "$package" >/dev/null 2>&1; then chosen=$package; break; fi
  done
  [[ -n $chosen ]] || { echo "setup: this distribution has none of: ${alternatives//|/, }" >&2; exit 1; }
  packages+=("$chosen")
done
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  -o Dpkg::Use-Pty=0 "${packages[@]}" >/dev/null
echo "setup: done"

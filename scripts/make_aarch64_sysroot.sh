#!/usr/bin/env bash
# Unpacks the distribution's arm64 libraries into build/sysroot-aarch64, for cmake --preset aarch64.
# Nothing is installed on this machine: several -dev packages cannot stand beside their amd64 twins.
set -euo pipefail
cd "$(dirname "$0")/.."
sysroot=$PWD/build/sysroot-aarch64
stamp=$sysroot/complete
[[ -e $stamp ]] && exit 0

lists=$PWD/build/apt-arm64
mkdir -p "$lists"/{lists/partial,archives/partial} "$sysroot"
apt_arm64() {
  local tool=$1; shift
  "$tool" -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State::Lists="$lists/lists" \
    -o Dir::Cache::Archives="$lists/archives" -o Dir::State::status=/dev/null \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
echo "sysroot: fetching the arm64 package lists"
apt_arm64 apt-get update -qq
boost=libboost1.81-dev
apt_arm64 apt-cache show $boost >/dev/null 2>&1 || boost=libboost1.83-dev
packages=($boost libssl-dev libsqlite3-dev libyaml-cpp-dev libcli11-dev libfmt-dev libicu-dev
          libgtest-dev libgmock-dev)
# The closure of their dependencies, less what the cross compiler brings to build with. The C
# library stays: an emulated program needs the loader and the libc of one package.
mapfile -t closure < <(apt_arm64 apt-cache depends --recurse --no-recommends --no-suggests \
  --no-conflicts --no-breaks --no-replaces --no-enhances "${packages[@]}" |
  grep -E '^[a-z0-9]' | grep -vE ':|^(libc6-|libc-dev-bin|libcrypt|linux-libc-dev|gcc-|g\+\+|cpp|perl|python3|debconf|dpkg|tar|coreutils|base-)' |
  sort -u)
echo "sysroot: unpacking ${#closure[@]} packages"
cd "$lists/archives"
# `show` leaves out the virtual packages, which have no file.
mapfile -t files < <(apt_arm64 apt-cache show "${closure[@]}" 2>/dev/null |
  awk '$1 == "Package:" {print $2}' | sort -u)
apt_arm64 apt-get download -qq "${files[@]}"
for archive in *.deb; do dpkg-deb -x "$archive" "$sysroot"; done
# Where /lib is a link to /usr/lib, packages hold only the latter; programs name the loader by the former.
[[ -e $sysroot/lib/ld-linux-aarch64.so.1 ]] || ln -s usr/lib "$sysroot/lib"
touch "$stamp"

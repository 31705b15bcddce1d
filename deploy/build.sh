#!/bin/sh
# Builds the program on Debian 12 into build/release/goldhour: installs what is missing, then compiles.
#   sh deploy/build.sh
set -eu
cd "$(dirname "$0")/.."

sh deploy/need.sh gcc g++ cmake ninja-build pkg-config libuv1-dev libsqlite3-dev libsimdjson-dev libre2-dev libyaml-dev libxxhash-dev libssl-dev libcjson-dev librdkafka-dev libhiredis-dev libcurl4-openssl-dev tzdata

build=build/release
mkdir -p "$build"
if [ ! -e "$build/build.ninja" ]; then
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2; exit 1; }
fi
echo "Building into $build (a minute the first time)"
if [ -t 1 ]; then
  ninja -C "$build" goldhour
else
  ninja -C "$build" goldhour >"$build/build.log" 2>&1 || { sed -n '/^FAILED/,$p' "$build/build.log" | head -n 40 >&2; exit 1; }
fi

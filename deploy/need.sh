#!/bin/sh
# Installs those of the named Debian packages that are missing: need.sh PACKAGE…
# Where nothing is missing nothing is touched and no network is needed.
set -eu

command -v dpkg-query >/dev/null || { echo "This needs Debian's packages: $*" >&2; exit 1; }
missing=
for package in "$@"; do
  state=$(dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | head -n 1) || :
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo=sudo
  else
    printf 'Missing packages. As root, once:\n  apt-get install%s\n' "$missing" >&2
    exit 1
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 "$@" >"$log" 2>&1; }
echo "Installing:$missing"
# The lists may be old or absent: they are fetched only if installing without them fails.
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing || { apt update && apt install -y --no-install-recommends $missing; } || {
  tail -n 15 "$log" >&2
  printf 'Could not install:%s\n' "$missing" >&2
  exit 1
}

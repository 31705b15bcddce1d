#!/bin/sh
# Goldhour in one command on Debian 12: installs what is missing, builds, and shows a bank's day with its leads.
#   sh deploy/demo.sh [OPTIONS OF goldhour demo]
set -eu
cd "$(dirname "$0")/.."

sh deploy/build.sh
exec build/release/goldhour demo --dir build/demo "$@"

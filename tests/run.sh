#!/bin/sh
# All tests: installs what they need, builds with AddressSanitizer and UndefinedBehaviorSanitizer into build/sanitize, runs every suite.
#   sh tests/run.sh [SUITE…]        the suites and what they print: tests/README.md
# The last line is the count: N passed, N failed, N skipped. Exit status 1 if anything failed.
set -eu
cd "$(dirname "$0")/.."

sh deploy/need.sh gcc g++ cmake ninja-build pkg-config libuv1-dev libsqlite3-dev libsimdjson-dev libre2-dev libyaml-dev libxxhash-dev libssl-dev libcjson-dev librdkafka-dev libhiredis-dev libcurl4-openssl-dev tzdata \
  libcmocka-dev python3 python3-yaml python3-jsonschema
case " $* " in
'  ' | *' live '*) sh deploy/need.sh redis-tools kcat openssl default-jre-headless maven ;;
esac

build=build/sanitize
logs=$build/logs
mkdir -p "$logs"
[ -e "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG='-O1 -g1 -Wno-format-truncation' -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' \
  -DGH_SANITIZE=ON -DGH_FAULTS=ON >"$logs/configure.log" 2>&1 || { cat "$logs/configure.log"; exit 1; }
echo "Building into $build"
ninja -C "$build" >"$logs/build.log" 2>&1 || { sed -n '/^FAILED/,$p' "$logs/build.log" | head -n 60; echo '0 passed, 1 failed, 0 skipped'; exit 1; }

goldhour=$PWD/$build/goldhour
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 PYTHONDONTWRITEBYTECODE=1
passed=0 failed=0 skipped=0
wanted=" $* "

count() { grep -c "^$1 " "$log" || :; }

# suite NAME SECONDS COMMAND…: runs it, shows what did not pass, adds up its lines. A suite that ends badly, or tests nothing, has failed.
suite() {
  name=$1 limit=$2 log=$logs/$1.log began=$(date +%s) status=0
  shift 2
  timeout -k 10 "$limit" "$@" "$goldhour" >"$log" 2>&1 || status=$?
  ok=$(count ok) bad=$(count FAILED) skip=$(count SKIPPED)
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ $((ok + skip)) = 0 ]; }; then
    bad=1
    tail -n 40 "$log"
    echo "FAILED $name: exit status $status after $ok passed"
  else
    grep -v '^ok ' "$log" || :
  fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
  echo "$name: $ok passed, $bad failed, $skip skipped in $(($(date +%s) - began)) s"
}

# The cheapest first; a suite is tests/NAME/run.py or tests/NAME/run.sh.
for name in tidy unit golden cel faults rules commands readme envelopes real-bank oracle sim bench live-file crash poison live; do
  case $wanted in '  ' | *" $name "*) ;; *) continue ;; esac
  if [ -e "tests/$name/run.py" ]; then suite "$name" 420 python3 "tests/$name/run.py"; fi
  if [ -e "tests/$name/run.sh" ]; then suite "$name" 300 sh "tests/$name/run.sh"; fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]

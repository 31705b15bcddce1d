#!/bin/sh
# The shipped rules pass the check and their own tests; `test` and `explain` say what they should: rules/run.sh GOLDHOUR
set -eu
cd "$(dirname "$0")/../.."
for command in check test; do
  if out=$("$1" $command --config config/demo/goldhour.yaml 2>&1); then
    echo "ok rules/demo-$command"
  else
    printf '%s\nFAILED rules/demo-%s: exit status not 0\n' "$out" "$command"
  fi
done
python3 tests/rules/stories.py "$1"

#!/bin/sh
# The unit tests of the build that GOLDHOUR belongs to, one line a program: unit/run.sh GOLDHOUR
set -eu
ctest --test-dir "$(dirname "$1")" -j 2 --timeout 200 --output-on-failure | sed -E \
  -e 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) \.+ +Passed .*/ok \1/' \
  -e 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) \.+(.*)/FAILED \1:\2/' \
  -e '/^(Internal ctest|Test project| +Start |[0-9]+% tests|Total Test|The following|Errors while|[[:space:]]*[0-9]+ - |$)/d'

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh [--slow] [SETUP OPTIONS...]: sets lvr up, then runs its tests; with --slow also the long ones, which need a
# browser. The test `models` runs once build/models is there: --slow, --models and demo.sh fetch it (640 MB).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh
case " $* " in *" --help "* | *" -h "*) sed -n '3,5s/^# \{0,1\}//p' "$0"; exec scripts/setup.sh --help ;; esac
slow=no
options=()
for argument in "$@"; do
  if [ "$argument" = --slow ]; then slow=yes; else options+=("$argument"); fi
done
[ $slow = no ] || options+=(--browser --models)
scripts/setup.sh "${options[@]}"
. scripts/env.sh
start=$SECONDS
ctest --preset release -j 2
say "tests: $((SECONDS - start)) s"
[ $slow = no ] || ctest --preset slow

# SPDX-License-Identifier: Apache-2.0
# How our scripts talk: what they do and how long it took, on stderr; stdout is for results. To be sourced by a script
# with `set -e`.
say() { echo "  $*" >&2; }

current_step=
trap '[ -z "$current_step" ] || echo "error: \"$current_step\" failed. Remedy: see the messages above." >&2' EXIT

# fail PROBLEM [REMEDY]
fail() {
  echo "error: $1.${2:+ Remedy: $2.}" >&2
  current_step=
  exit 1
}

# step NAME COMMAND [ARGUMENTS...]: runs it and says how long it took. Not behind || or if, where `set -e` would be off.
step() {
  local start=$SECONDS
  current_step=$1
  shift
  echo "== $current_step" >&2
  "$@"
  echo "== $current_step: $((SECONDS - start)) s" >&2
  current_step=
}

# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of this folder: commands typed as a user types them, and what is expected of them.
set -uo pipefail
: "${LVR_SOURCE_DIR:?}" "${LVR_BINARY_DIR:?}"
. "$LVR_SOURCE_DIR/scripts/env.sh"  # for mpirun
fit=$LVR_BINARY_DIR/bin/lvr-fit
v1=$LVR_SOURCE_DIR/data/paper/v1.csv
v3=$LVR_SOURCE_DIR/data/paper/v3.csv
failures=0 checks=0
quick="--bootstrap 0 --permutations 0 --random-draws 0"
LC_ALL=C
work=$(mktemp -d) && cd "$work" || exit 1
tidy_up() { :; }  # a script with more to tidy up defines its own
trap 'kill $(jobs -p) 2>/dev/null; cd /; rm -rf "$work"; tidy_up' EXIT

fail() {
  failures=$((failures + 1))
  echo "FAILED: $*" >&2
}

# ok CONDITION... : the command must succeed.
ok() {
  checks=$((checks + 1))
  "$@" || fail "$*"
}

# expect STATUS TEXT COMMAND... : the command ends with that status, and stderr (for status 0: stderr or stdout) says TEXT.
# A failure says what to do, ends without a crash, and leaves nothing half-made in ./out.
expect() {
  local status=$1 text=$2
  shift 2
  checks=$((checks + 1))
  "$@" >stdout 2>stderr </dev/null
  local got=$?
  [ "$got" = "$status" ] || { fail "status $got instead of $status: $*"; head -5 stderr >&2; }
  if [ "$status" = 0 ]; then
    grep -qF -- "$text" stdout stderr || { fail "does not say '$text': $*"; head -5 stderr >&2; }
  else
    grep -qF -- "$text" stderr || { fail "does not say '$text': $*"; head -5 stderr >&2; }
    grep -q "remedy:" stderr || fail "does not say what to do: $*"
    if [ -d out ] && [ -n "$(find out -type f)" ]; then fail "left files behind: $*: $(find out -type f)"; fi
  fi
  rm -rf out
}

# silent FILE : no line of our log in it; under mpirun stderr also holds what Open MPI and its libraries find worth saying.
silent() { ! grep -E '^\[[0-9:]+ (r[0-9]+/[0-9]+ )?(debug|info|warning|error)\]' "$1"; }

# json_at FILE KEY.KEY... : the value on that line of our JSON (two-space indentation, one key a line).
json_at() {
  awk -v want="$2" '
    match($0, /^ *"[^"]*": /) {
      depth = (match($0, /[^ ]/) - 1) / 2
      line = substr($0, 2 * depth + 1)
      key = line; sub(/^"/, "", key); sub(/": .*$/, "", key)
      value = line; sub(/^"[^"]*": /, "", value); sub(/,$/, "", value)
      stack[depth] = key
      path = stack[1]
      for (i = 2; i <= depth; ++i) path = path "." stack[i]
      if (path == want) { print value; found = 1; exit }
    }
    END { exit !found }' "$1"
}

# close VALUE EXPECTED MARGIN : both are numbers, and that near.
close() {
  checks=$((checks + 1))
  awk -v a="$1" -v b="$2" -v m="$3" 'BEGIN { d = a - b; exit !(a != "" && a != "null" && d <= m && -d <= m) }' ||
    fail "got '$1' instead of $2 within $3 ${4:-}"
}

# wait_until SECONDS COMMAND... : polls; a limit for what would hang, not a timing.
wait_until() {
  local tries=$(($1 * 20))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.05
  done
}

# children PID : its child processes.
children() {
  local status
  for status in /proc/[0-9]*/status; do
    awk -v parent="$1" '/^Pid:/ { pid = $2 } /^PPid:/ { if ($2 == parent) print pid; exit }' "$status" 2>/dev/null
  done
}

# minds_signals PID : it is lvr-fit (no longer the shell that starts it), and its handler of SIGTERM is in place.
minds_signals() {
  local caught
  [ "/proc/$1/exe" -ef "$fit" ] || return 1
  caught=$(awk '/^SigCgt:/ { print $2 }' "/proc/$1/status" 2>/dev/null)
  [ -n "$caught" ] && [ $((16#$caught & 0x4000)) -ne 0 ]
}

finish() {
  echo "$checks checks, $failures failures"
  [ "$checks" -gt 0 ] && [ "$failures" = 0 ]
  exit
}

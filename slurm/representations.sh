# SPDX-License-Identifier: Apache-2.0
# Sourced by train.sbatch and pipeline_steps.sh: the representations of a configuration, in the order in which a
# program takes them.

# list_representations : of what `lvr-train ... --dump-config` prints (on stdin), a line each: representation, encoder
# or snapshot; a tab; the name in its quotes.
list_representations() {
  local resolved kind name
  resolved=$(cat)
  for kind in representation encoder snapshot; do
    while IFS= read -r name; do
      printf '%s\t%s\n' "$kind" "$name"
    done < <(sed -n "s/^$kind = //p" <<<"$resolved" | grep -o '"\([^"\\]\|\\.\)*"')
  done
}

# unquoted NAME : without its quotes.
unquoted() { sed 's/^"//; s/"$//; s/\\\(.\)/\1/g' <<<"$1"; }

# model_of KIND NAME : the folder that our programs give it in their output.
model_of() {
  local id=
  [ "$1" != encoder ] || [ ! -f "$2" ] || id=$(sed -n 's/^id *= *"\([^"]*\)".*/\1/p' "$2" | head -1)
  basename "${id:-$2}" .toml
}

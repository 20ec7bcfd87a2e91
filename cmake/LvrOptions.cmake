# SPDX-License-Identifier: Apache-2.0
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# An installed tree can be moved, and still finds the libraries of modules and Spack where they were at build time.
set(CMAKE_INSTALL_RPATH $ORIGIN/../lib)
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

option(LVR_BUILD_TESTS "Build the tests and benchmarks" ON)
option(LVR_SANITIZE "Build with the address and undefined-behaviour sanitizers" OFF)
option(LVR_BUILD_FUZZERS "Build the libFuzzer targets (needs clang)" OFF)
set(LVR_WITH_CUDA AUTO CACHE STRING "Use the CUDA toolkit: AUTO (if found), ON (required) or OFF")
set_property(CACHE LVR_WITH_CUDA PROPERTY STRINGS AUTO ON OFF)
set(LVR_WITH_PARQUET AUTO CACHE STRING "Read parquet datasets (Arrow of the pyarrow wheel): AUTO, ON or OFF")
set_property(CACHE LVR_WITH_PARQUET PROPERTY STRINGS AUTO ON OFF)
set(LVR_TORCH_DIR "" CACHE PATH "Folder of LibTorch (with include/ and lib/); empty: the set-up's virtual environment")
set(LVR_PYTHON "" CACHE FILEPATH "Python with the packages of analysis/report; empty: the set-up's virtual environment")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# g++ 12 warns of overlapping string copies and unset optionals that cannot happen (GCC bugs 105329, 105562).
set(LVR_GCC12 $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict;-Wno-maybe-uninitialized>)
# Results must not depend on how the compiler contracts a*b+c.
set(LVR_CXX_FLAGS -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers -ffp-contract=off ${LVR_GCC12})
if(LVR_SANITIZE)
  # Assertions stay on too: an index past the size but inside the capacity is nothing to the address sanitizer.
  list(APPEND LVR_CXX_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
       -UNDEBUG -D_GLIBCXX_ASSERTIONS)
  add_link_options(-fsanitize=address,undefined)
endif()
set(LVR_CXX_FLAGS "$<$<COMPILE_LANGUAGE:CXX>:${LVR_CXX_FLAGS}>")  # nvcc knows none of these
add_link_options(-Wl,--as-needed)

# The commit is read at configure time: rebuilding for every commit would defeat ccache.
execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE LVR_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT LVR_COMMIT)
  set(LVR_COMMIT unknown)
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/lvr_build.hpp.in ${PROJECT_BINARY_DIR}/generated/lvr_build.hpp @ONLY)

# SPDX-License-Identifier: Apache-2.0
# LibTorch and CUDA, for the rooms with tensors.
#   lvr::torch  LibTorch's libraries and headers; with CUDA its CUDA side too
#   lvr::nccl   NCCL; empty without CUDA
#   LVR_CUDA    ON if CUDA sources are compiled
# LibTorch is any folder with include/ATen and lib/libtorch_cpu.so: the wheel's, a module's, Spack's. It gets a target
# of our own because the wheel's CMake package insists on a toolkit, even for the CPU side alone.

option(LVR_WITH_TORCH "Build what needs LibTorch; without it lvr-fit is still complete" ON)
set(LVR_CUDA_ARCHITECTURES 80-real 90-real 90-virtual CACHE STRING "GPU architectures to compile for")

function(lvr_find_cuda)
  set(LVR_CUDA OFF PARENT_SCOPE)
  if(LVR_WITH_CUDA STREQUAL OFF)
    message(STATUS "CUDA: left out (LVR_WITH_CUDA=OFF)")
    return()
  endif()
  find_package(CUDAToolkit QUIET)
  find_path(LVR_NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(LVR_NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR})
  mark_as_advanced(LVR_NCCL_INCLUDE LVR_NCCL_LIBRARY)
  set(problem "")
  if(NOT CUDAToolkit_FOUND OR NOT CUDAToolkit_NVCC_EXECUTABLE)
    set(problem "no CUDA toolkit with nvcc was found")
  elseif(NOT EXISTS ${LVR_TORCH_LIB}/libtorch_cuda.so)
    set(problem "LibTorch in ${LVR_TORCH_ROOT} has no libtorch_cuda.so")
  elseif(NOT LVR_NCCL_INCLUDE OR NOT LVR_NCCL_LIBRARY)
    set(problem "no NCCL (nccl.h, libnccl.so) was found beside the toolkit")
  elseif(LVR_TORCH_CUDA_MAJOR AND NOT CUDAToolkit_VERSION_MAJOR EQUAL LVR_TORCH_CUDA_MAJOR)
    set(problem "the toolkit is CUDA ${CUDAToolkit_VERSION}, LibTorch was built for CUDA ${LVR_TORCH_CUDA_MAJOR}")
  endif()
  if(problem AND LVR_WITH_CUDA STREQUAL ON)
    message(FATAL_ERROR "CUDA was asked for (LVR_WITH_CUDA=ON), but ${problem}. Install a matching toolkit, name it "
                        "with -DCUDAToolkit_ROOT=FOLDER, or use -DLVR_WITH_CUDA=OFF.")
  elseif(problem)
    message(STATUS "CUDA: left out (${problem})")
    return()
  endif()
  message(STATUS "CUDA: ${CUDAToolkit_VERSION} (${CUDAToolkit_NVCC_EXECUTABLE})")
  set(LVR_CUDA ON PARENT_SCOPE)
endfunction()

# The CUDA version that libtorch_cuda.so asks for, from the name of the runtime library it needs.
function(lvr_torch_cuda_major)
  set(LVR_TORCH_CUDA_MAJOR "" PARENT_SCOPE)
  find_program(LVR_READELF readelf)
  mark_as_advanced(LVR_READELF)
  if(LVR_READELF AND EXISTS ${LVR_TORCH_LIB}/libtorch_cuda.so)
    execute_process(COMMAND ${LVR_READELF} -d ${LVR_TORCH_LIB}/libtorch_cuda.so OUTPUT_VARIABLE needed ERROR_QUIET)
    if(needed MATCHES "libcudart\\.so\\.([0-9]+)")
      set(LVR_TORCH_CUDA_MAJOR ${CMAKE_MATCH_1} PARENT_SCOPE)
    endif()
  endif()
endfunction()

set(LVR_CUDA OFF)
if(LVR_WITH_TORCH)
  # The set-up fills build/venv; other build folders (debug, asan) use it too.
  file(GLOB lvr_venv_torch ${PROJECT_BINARY_DIR}/venv/lib/python3*/site-packages/torch
       ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/torch)
  if(Torch_DIR)  # a CMake package names its own folder: ROOT/share/cmake/Torch
    get_filename_component(lvr_torch_package ${Torch_DIR}/../../.. ABSOLUTE)
  endif()
  # Not cached: what LVR_TORCH_DIR or the set-up say is looked at afresh each time. A folder that is named must be right.
  set(LVR_TORCH_ROOT NOTFOUND)
  if(LVR_TORCH_DIR)
    set(where PATHS ${LVR_TORCH_DIR} NO_DEFAULT_PATH)
  elseif(NOT "$ENV{LVR_TORCH_DIR}" STREQUAL "")
    set(where PATHS $ENV{LVR_TORCH_DIR} NO_DEFAULT_PATH)
  else()
    set(where HINTS ${lvr_torch_package} ${lvr_venv_torch} PATH_SUFFIXES torch)
  endif()
  find_path(LVR_TORCH_ROOT include/ATen/core/Tensor.h ${where} NO_CACHE)
  if(NOT LVR_TORCH_ROOT)
    message(FATAL_ERROR "LibTorch was not found (LVR_TORCH_DIR is '${LVR_TORCH_DIR}$ENV{LVR_TORCH_DIR}'). Run scripts/setup.sh, which installs it into the build folder, or name "
                        "its folder (the one with include/ and lib/) with -DLVR_TORCH_DIR=FOLDER; for lvr-fit alone "
                        "use -DLVR_WITH_TORCH=OFF.")
  endif()
  set(LVR_TORCH_LIB ${LVR_TORCH_ROOT}/lib)
  lvr_torch_cuda_major()
  lvr_find_cuda()

  set(torch_includes ${LVR_TORCH_ROOT}/include ${LVR_TORCH_ROOT}/include/torch/csrc/api/include)
  add_library(lvr_torch INTERFACE)
  add_library(lvr::torch ALIAS lvr_torch)
  target_include_directories(lvr_torch SYSTEM INTERFACE ${torch_includes})
  # LibTorch's headers bring a fmt of their own, newer than the system's library, so these files use it as headers only
  # (its names carry its version: both live in one program).
  target_compile_definitions(lvr_torch INTERFACE FMT_HEADER_ONLY=1)
  target_link_libraries(lvr_torch INTERFACE ${LVR_TORCH_LIB}/libtorch_cpu.so ${LVR_TORCH_LIB}/libc10.so Threads::Threads)
  # libcudart and libcupti, which libtorch_cpu.so needs even where CUDA is left out, lie beside the wheel or in the toolkit.
  # DT_RPATH, not DT_RUNPATH: only the former also serves the libraries that LibTorch's own libraries need.
  file(GLOB torch_beside ${LVR_TORCH_ROOT}/../nvidia/*/lib)
  set(torch_rpath ${LVR_TORCH_LIB} ${torch_beside})
  if(LVR_CUDA)
    if(NOT CMAKE_CUDA_COMPILER)
      set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
    endif()
    set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)  # LibTorch brings the shared one
    set(CMAKE_CUDA_ARCHITECTURES ${LVR_CUDA_ARCHITECTURES})
    enable_language(CUDA)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc has C++20
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
    endif()
    find_package(CUDAToolkit REQUIRED)
    list(APPEND torch_rpath ${CUDAToolkit_LIBRARY_DIR})
    # Nothing calls into libtorch_cuda by name (it registers its kernels when loaded), so --as-needed would drop it.
    target_link_libraries(lvr_torch INTERFACE -Wl,--no-as-needed ${LVR_TORCH_LIB}/libtorch_cuda.so -Wl,--as-needed
                                              ${LVR_TORCH_LIB}/libc10_cuda.so CUDA::cudart)
    target_compile_definitions(lvr_torch INTERFACE LVR_HAS_CUDA=1)
  endif()
  target_link_options(lvr_torch INTERFACE -Wl,--disable-new-dtags)
  add_library(lvr_nccl INTERFACE)
  add_library(lvr::nccl ALIAS lvr_nccl)
  if(LVR_CUDA)
    target_include_directories(lvr_nccl SYSTEM INTERFACE ${LVR_NCCL_INCLUDE})
    target_link_libraries(lvr_nccl INTERFACE ${LVR_NCCL_LIBRARY})
  endif()
  foreach(folder IN LISTS torch_rpath)
    get_filename_component(folder ${folder} REALPATH)
    target_link_options(lvr_torch INTERFACE -Wl,-rpath,${folder} -Wl,-rpath-link,${folder})
  endforeach()
  message(STATUS "LibTorch: ${LVR_TORCH_ROOT}")
endif()

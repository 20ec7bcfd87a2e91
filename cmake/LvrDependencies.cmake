# SPDX-License-Identifier: Apache-2.0
# What Debian 12 (or a cluster's modules, or Spack) provides. LibTorch and CUDA: LvrTorch.cmake.
find_package(MPI 3.1 REQUIRED COMPONENTS C)
find_package(HDF5 1.10 REQUIRED COMPONENTS C)  # serial or parallel: one writer per file needs no more
find_package(Boost 1.74 REQUIRED COMPONENTS serialization)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tomlplusplus 3 REQUIRED)
find_package(Threads REQUIRED)

add_library(lvr_hdf5 INTERFACE)
add_library(lvr::hdf5 ALIAS lvr_hdf5)
target_link_libraries(lvr_hdf5 INTERFACE hdf5::hdf5)
if(HDF5_IS_PARALLEL)  # a parallel build's header includes mpi.h
  target_link_libraries(lvr_hdf5 INTERFACE MPI::MPI_C)
endif()
# Open MPI's C++ bindings are not linked; without these its header would ask for them.
target_compile_definitions(lvr_hdf5 INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

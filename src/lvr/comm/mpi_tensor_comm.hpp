// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <lvr/comm/tensor_comm.hpp>

namespace lvr::comm {

/// On the CPU: a thread of its own does the operations one after the other on a group of its own.
std::unique_ptr<TensorComm> make_mpi_tensor_comm(const par::Comm& comm);

/// On a GPU. Only in builds with CUDA.
std::unique_ptr<TensorComm> make_nccl_tensor_comm(const par::Comm& comm, at::Device device);

}  // namespace lvr::comm

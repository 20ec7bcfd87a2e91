// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <lvr/comm/tensor_comm.hpp>

namespace lvr::comm {

/// When the operations of a group on the CPU are done.
enum class Progress {
    on_a_thread,  ///< one after the other while the caller computes; needs MPI_THREAD_MULTIPLE
    at_once,      ///< before the call that begins one returns
};

/// What MPI permits.
Progress best_progress(const par::Comm& comm);

/// On the CPU, on a group of its own.
std::unique_ptr<TensorComm> make_mpi_tensor_comm(const par::Comm& comm, Progress progress);

/// On a GPU. Only in builds with CUDA.
std::unique_ptr<TensorComm> make_nccl_tensor_comm(const par::Comm& comm, at::Device device);

}  // namespace lvr::comm

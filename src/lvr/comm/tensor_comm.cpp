// SPDX-License-Identifier: Apache-2.0
#include <lvr/comm/tensor_comm.hpp>

#include <lvr/comm/mpi_tensor_comm.hpp>
#include <lvr/core/error.hpp>

namespace lvr::comm {

std::unique_ptr<TensorComm> make_tensor_comm(const par::Comm& comm, at::Device device) {
    if (device.is_cpu()) return make_mpi_tensor_comm(comm, best_progress(comm));
#ifdef LVR_HAS_CUDA
    return make_nccl_tensor_comm(comm, device);
#else
    throw core::Error(core::ErrorKind::resource, device.str() + ": this build has no CUDA", "",
                      "use --device cpu, or build with CUDA and NCCL");
#endif
}

}  // namespace lvr::comm

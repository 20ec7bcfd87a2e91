// SPDX-License-Identifier: Apache-2.0
#include <lvr/comm/mpi_tensor_comm.hpp>
#ifdef LVR_HAS_CUDA

#include <c10/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <nccl.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::comm {
namespace {

/// The one way we call NCCL: an error code becomes an exception.
void checked(ncclResult_t code, const char* call) {
    if (code == ncclSuccess) return;
    throw core::Error(core::ErrorKind::internal, std::string(call) + " failed: " + ncclGetErrorString(code),
                      "the GPUs can no longer work together",
                      "set NCCL_DEBUG=WARN to see why; then start the job again");
}

ncclDataType_t type_of(const at::Tensor& tensor) {
    core::ensure(tensor.is_cuda() && tensor.is_contiguous(), "NCCL takes contiguous CUDA tensors");
    if (tensor.scalar_type() == at::kFloat) return ncclFloat32;
    core::ensure(tensor.scalar_type() == at::kBFloat16, "NCCL is given float32 or bfloat16");
    return ncclBfloat16;
}

class NcclTensorComm : public TensorComm {
  public:
    NcclTensorComm(const par::Comm& comm, at::Device device)
        : comm_(comm.duplicate()),
          device_(device),
          stream_(c10::cuda::getStreamFromPool(true, device.index())) {
        const c10::cuda::CUDAGuard guard(device_);
        // Connections are made now: else the first call of each kind waits for the other ranks within NCCL,
        // also for one that has failed.
        ::setenv("NCCL_RUNTIME_CONNECT", "0", 0);
        ncclUniqueId id{};
        if (comm_.rank() == 0) checked(ncclGetUniqueId(&id), "ncclGetUniqueId");
        comm.broadcast_in_place(
            std::as_writable_bytes(std::span(&id, 1)));  // the caller's: it hears a failure
        checked(ncclCommInitRank(&nccl_, comm_.size(), id, comm_.rank()), "ncclCommInitRank");
    }
    ~NcclTensorComm() override {
        if (nccl_ != nullptr) ncclCommDestroy(nccl_);
    }

    int rank() const override { return comm_.rank(); }
    int size() const override { return comm_.size(); }
    const par::Comm& group() const override { return comm_; }

    /// A kernel that waits for a rank which never began its own waits for ever, and with it every call that
    /// waits for the device: so no rank may come to such a call before all have begun the same operations.
    void expect_all_well() override { comm_.barrier(); }

    /// Kernels that wait for other ranks end.
    void abandon() override {
        if (nccl_ != nullptr) ncclCommAbort(std::exchange(nccl_, nullptr));
    }

    Pending reduce_scatter(const at::Tensor& all, const at::Tensor& part) override {
        core::ensure(all.numel() == size() * part.numel(), "a reduce_scatter of unequal parts");
        return begin({all, part}, [&](cudaStream_t stream) {
            checked(ncclReduceScatter(all.const_data_ptr(), part.mutable_data_ptr(),
                                      static_cast<std::size_t>(part.numel()), type_of(all), ncclSum, nccl_,
                                      stream),
                    "ncclReduceScatter");
        });
    }

    Pending all_gather(const at::Tensor& part, const at::Tensor& all) override {
        core::ensure(all.numel() == size() * part.numel(), "an all_gather of unequal parts");
        return begin({part, all}, [&](cudaStream_t stream) {
            checked(ncclAllGather(part.const_data_ptr(), all.mutable_data_ptr(),
                                  static_cast<std::size_t>(part.numel()), type_of(part), nccl_, stream),
                    "ncclAllGather");
        });
    }

    Pending all_reduce(const at::Tensor& values) override {
        return begin({values}, [&](cudaStream_t stream) {
            checked(ncclAllReduce(values.const_data_ptr(), values.mutable_data_ptr(),
                                  static_cast<std::size_t>(values.numel()), type_of(values), ncclSum, nccl_,
                                  stream),
                    "ncclAllReduce");
        });
    }

    Pending broadcast(const at::Tensor& values, int root) override {
        return begin({values}, [&](cudaStream_t stream) {
            checked(
                ncclBroadcast(values.const_data_ptr(), values.mutable_data_ptr(),
                              static_cast<std::size_t>(values.numel()), type_of(values), root, nccl_, stream),
                "ncclBroadcast");
        });
    }

  private:
    /// Behind what the current stream has begun; `tensors` are kept until it is done.
    Pending begin(std::vector<at::Tensor> tensors, const std::function<void(cudaStream_t)>& operation) {
        core::ensure(nccl_ != nullptr, "an operation of GPUs that have been abandoned");
        const c10::cuda::CUDAGuard guard(device_);
        c10::cuda::CUDAEvent ready;
        ready.record(c10::cuda::getCurrentCUDAStream(device_.index()));
        ready.block(stream_);
        operation(stream_.stream());
        auto done = std::make_shared<c10::cuda::CUDAEvent>();
        done->record(stream_);
        return Pending([done, tensors = std::move(tensors), device = device_] {
            done->block(c10::cuda::getCurrentCUDAStream(device.index()));
        });
    }

    par::Comm comm_;
    at::Device device_;
    c10::cuda::CUDAStream stream_;
    ncclComm_t nccl_ = nullptr;  // null once abandoned
};

}  // namespace

std::unique_ptr<TensorComm> make_nccl_tensor_comm(const par::Comm& comm, at::Device device) {
    return std::make_unique<NcclTensorComm>(comm, device);
}

}  // namespace lvr::comm

#endif

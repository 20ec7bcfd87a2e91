// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <future>
#include <memory>

#include <lvr/par/comm.hpp>

namespace lvr::comm {

/// A collective operation under way.
class Pending {
  public:
    Pending() = default;
    explicit Pending(std::function<void()> wait) : wait_(std::move(wait)) {}

    /// Until its results may be used by what follows (on a GPU: by what follows on the current stream; the
    /// host does not wait, and is not told of failures: see TensorComm::expect_all_well).
    /// @throws PeerFailure on the CPU if another rank has failed, Error (internal) if MPI has
    void wait() {
        if (wait_) std::exchange(wait_, nullptr)();
    }

  private:
    std::function<void()> wait_;
};

/// Collective operations on tensors among the ranks of a group: by NCCL for CUDA tensors, by MPI for those on
/// the CPU. Each call begins an operation, which goes on while the caller computes; operations are done in
/// the order in which they were begun, which is the same on all ranks. Tensors are contiguous, float32 or
/// bfloat16 (which MPI sums in float32), on the communicator's device, and not touched before `wait`.
class TensorComm {
  public:
    virtual ~TensorComm() = default;

    virtual int rank() const = 0;
    virtual int size() const = 0;

    /// The sum over ranks of `all`, of which each rank gets its part.
    /// @param all [size() * n] @param part [n] of the same type
    virtual Pending reduce_scatter(const at::Tensor& all, const at::Tensor& part) = 0;
    /// The parts of all ranks in rank order. @param part [n] @param all [size() * n], of which `part` may be
    /// this rank's part
    virtual Pending all_gather(const at::Tensor& part, const at::Tensor& all) = 0;
    /// In place; the same bits on every rank. @param values [size() * n] elements in any shape
    virtual Pending all_reduce(const at::Tensor& values) = 0;
    /// In place.
    virtual Pending broadcast(const at::Tensor& values, int root) = 0;

    /// The group that failures are told to: what uses this runs inside par::together of it. On the CPU no
    /// other call of it is made while operations are under way.
    virtual const par::Comm& group() const = 0;
    /// Every rank calls this behind the operations that it has begun, before its host waits for the device
    /// (as `item` does): an operation that a failed rank never began would keep it waiting for ever.
    /// @throws PeerFailure on a GPU if another rank has failed
    virtual void expect_all_well() = 0;
    /// To be called while a failure is handled, of this rank or one that it was told of, before it leaves
    /// par::together of `group`. On the CPU: forgets what has not begun, and waits for what has. On a GPU:
    /// breaks off all that is under way; nothing can be begun afterwards.
    /// @throws par::PeerFailure, the failure that is handled in the form in which `together` takes it where
    /// the other ranks' word was heard by an operation
    virtual void abandon() = 0;
};

/// Collective. @throws Error (resource) for a CUDA device in a build without it
std::unique_ptr<TensorComm> make_tensor_comm(const par::Comm& comm, at::Device device);

}  // namespace lvr::comm

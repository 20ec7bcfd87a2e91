// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <lvr/comm/tensor_comm.hpp>
#include <lvr/train/parameter_buckets.hpp>

namespace lvr::train {

/// AdamW with decoupled weight decay (Loshchilov and Hutter, ICLR 2019), as torch.optim.AdamW.
struct AdamW {
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
};

/// What ranks share (Rajbhandari et al., "ZeRO", SC 2020).
enum class ZeroStage {
    none,       ///< 0: nothing
    optimizer,  ///< 1: master weights and moments; each rank has those of its part of every bucket
    gradients,  ///< 2: gradients too: a bucket's are summed while backward goes on, and only the part is kept
};

struct OptimizerSpec {
    AdamW adamw;
    ZeroStage zero = ZeroStage::gradients;
    double most_norm = 0;  ///< gradients of all parameters together are scaled down to it; 0: they are not
};

/// What became of an update.
struct UpdateReport {
    double gradient_norm = 0;  ///< of all parameters, before it was clipped
    bool is_finite = true;     ///< else nothing was changed
};

/// One rank's share of a part of the state, float32, for checkpoints. Where parameters are float32 `master`
/// is their memory itself.
struct OptimizerShard {
    at::Tensor master, first_moment, second_moment;  ///< [elements of this rank's part, or of all under none]
};

/// Master weights in float32, moments, and gradients of parameters in buckets, over the ranks of a group.
/// Gradients leave autograd as soon as they are complete: a hook on each leaf moves them into the bucket; the
/// sum over ranks begins once a bucket and all before it are full, while backward goes on (stage 2: in every
/// backward; else in the last of an update), and no more than two buckets' sums are under way, so that of
/// gradients that are shared only three buckets are whole at a time where they fill in their order. What a
/// rank's backward does not reach, or all of it where it has none, is summed as zeros at its end. Several
/// backwards are added in float32 under every stage. Every rank makes the same calls in the same order.
class ShardedOptimizer {
  public:
    /// Collective. The optimizer must outlive every backward through the parameters.
    ShardedOptimizer(std::vector<Bucket> buckets, comm::TensorComm& comm, const OptimizerSpec& spec);
    ~ShardedOptimizer();
    ShardedOptimizer(const ShardedOptimizer&) = delete;
    ShardedOptimizer& operator=(const ShardedOptimizer&) = delete;

    /// Before each backward, also where a rank has none to make. @param is_last of this update: the sum over
    /// ranks may begin
    void begin_backward(bool is_last);
    /// After it: waits for sums, also of parameters that got no gradient.
    void finish_backward();

    /// The mean over ranks of the gradients that were summed over the update's backwards becomes a step; all
    /// ranks have the new parameters afterwards. If the norm is not finite nothing changes.
    UpdateReport update(double learning_rate);

    std::int64_t updates() const { return updates_; }
    const std::vector<OptimizerShard>& shards() const { return shards_; }
    /// Where in its bucket a shard begins: elements.
    std::int64_t shard_begin(std::size_t bucket) const;
    /// Collective, behind changes to the shards' contents: the parameters become what the master weights are,
    /// and so many updates have been made.
    void restored(std::int64_t updates);
    const std::vector<Bucket>& buckets() const { return buckets_; }
    /// Bytes of what this rank keeps between updates, besides the parameters.
    std::int64_t state_bytes() const;

  private:
    struct Gradients;
    class Hook;

    void take(std::size_t bucket, std::size_t slot, const at::Tensor& gradient);
    at::TensorOptions options_of_gradients(std::size_t bucket) const;
    void begin_sums_of_full();
    void begin_sum(std::size_t bucket);
    void fill_blanks(std::size_t bucket);
    void end_sums(std::size_t but);
    at::Tensor own_part(const at::Tensor& bucket) const;
    double norm_of_gradients() const;
    void hand_out();
    void step(std::size_t bucket, const at::Tensor& gradient, double learning_rate);
    void publish_master(std::size_t bucket);

    std::vector<Bucket> buckets_;
    comm::TensorComm& comm_;
    OptimizerSpec spec_;
    std::vector<OptimizerShard> shards_;
    std::vector<std::unique_ptr<Gradients>> gradients_;
    std::deque<std::size_t> summing_;  // buckets, oldest first
    std::size_t begun_ = 0;            // so many buckets' sums, in this backward
    bool sums_ = true;                 // over ranks, in this backward
    bool adds_in_float_ = false;       // this update's backwards on this rank, before the sum
    std::int64_t updates_ = 0;
};

}  // namespace lvr::train

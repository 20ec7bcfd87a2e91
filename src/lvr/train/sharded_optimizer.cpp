// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/sharded_optimizer.hpp>

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>
#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::train {
namespace {

constexpr std::size_t k_sums_under_way =
    2;  // one is computed while the next waits; more would only take memory

}  // namespace

/// The gradients of a bucket on their way.
struct ShardedOptimizer::Gradients {
    at::Tensor
        all;  ///< [length] of this rank's backwards; under stage 2 only from the first gradient to the sum
    at::Tensor part;   ///< [length / ranks], or [length] without sharding: the sum over ranks, float32
    at::Tensor fresh;  ///< stage 2: the part that a sum gives, before it is added
    std::size_t taken = 0;
    comm::Pending sum;
    std::vector<bool> is_blank;  ///< slots of `all` that hold nothing yet; empty: none
};

/// Takes a leaf's gradient away from autograd.
class ShardedOptimizer::Hook : public torch::autograd::PostAccumulateGradHook {
  public:
    Hook(ShardedOptimizer& optimizer, std::size_t bucket, std::size_t slot)
        : optimizer_(optimizer), bucket_(bucket), slot_(slot) {}

    void operator()(const at::Tensor& leaf) override {
        optimizer_.take(bucket_, slot_, leaf.grad());
        leaf.mutable_grad() = at::Tensor();
    }

  private:
    ShardedOptimizer& optimizer_;
    std::size_t bucket_, slot_;
};

ShardedOptimizer::ShardedOptimizer(std::vector<Bucket> buckets, comm::TensorComm& comm,
                                   const OptimizerSpec& spec)
    : buckets_(std::move(buckets)), comm_(comm), spec_(spec) {
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
        auto& bucket = buckets_[b];
        core::ensure(bucket.length() % comm.size() == 0, "a bucket that ranks cannot share evenly");
        comm.broadcast(bucket.values, 0).wait();
        // Parameters in float32 are their own master weights: no copy.
        const auto master = own_part(bucket.values).to(at::kFloat);
        shards_.push_back({master, at::zeros_like(master), at::zeros_like(master)});
        gradients_.push_back(std::make_unique<Gradients>());
        for (std::size_t s = 0; s < bucket.slots.size(); ++s)
            torch::autograd::impl::set_post_acc_grad_hooks(bucket.slots[s].parameter,
                                                           std::make_unique<Hook>(*this, b, s));
    }
    comm_.expect_all_well();
}

ShardedOptimizer::~ShardedOptimizer() {
    for (const auto& bucket : buckets_)
        for (const auto& slot : bucket.slots)
            torch::autograd::impl::set_post_acc_grad_hooks(slot.parameter, nullptr);
}

/// The part of a bucket that this rank updates.
at::Tensor ShardedOptimizer::own_part(const at::Tensor& bucket) const {
    if (spec_.zero == ZeroStage::none) return bucket;
    const auto length = bucket.numel() / comm_.size();
    return bucket.narrow(0, comm_.rank() * length, length);
}

void ShardedOptimizer::begin_backward(bool is_last) {
    sums_ = is_last || spec_.zero == ZeroStage::gradients;
    adds_in_float_ = adds_in_float_ || !sums_;
    begun_ = 0;
    for (const auto& gradients : gradients_) gradients->taken = 0;
}

/// Of gradients that are not yet summed over ranks: one backward's come as they are, several are added in
/// float32.
at::TensorOptions ShardedOptimizer::options_of_gradients(std::size_t bucket) const {
    const auto options = buckets_[bucket].values.options();
    return adds_in_float_ ? options.dtype(at::kFloat) : options;
}

void ShardedOptimizer::take(std::size_t b, std::size_t s, const at::Tensor& gradient) {
    core::ensure(b >= begun_, "a gradient that comes behind the sum of its bucket");
    auto& gradients = *gradients_[b];
    const auto& bucket = buckets_[b];
    const auto& slot = bucket.slots[s];
    const auto options = options_of_gradients(b);
    const bool fills_all = gradient.numel() == bucket.length() && gradient.is_contiguous() &&
                           gradient.scalar_type() == options.dtype();
    if (!gradients.all.defined() && fills_all && gradient.storage().use_count() == 1) {
        gradients.all =
            gradient.detach().view({-1});  // nobody else has it: an embedding's need not be held twice
    } else {
        if (!gradients.all.defined()) {
            gradients.all = at::empty({bucket.length()}, options);
            gradients.is_blank.assign(bucket.slots.size(), true);
        }
        const auto place = gradients.all.narrow(0, slot.offset, gradient.numel()).view(gradient.sizes());
        if (s < gradients.is_blank.size() && gradients.is_blank[s]) {
            place.copy_(gradient);
            gradients.is_blank[s] = false;
        } else {
            place.add_(gradient);
        }
    }
    ++gradients.taken;
    if (sums_) begin_sums_of_full();
}

/// Buckets' sums begin by number, on every rank: one that is full waits for those before it to be so too, for
/// on another rank, which has no backward, nothing tells which of them would have been full first.
void ShardedOptimizer::begin_sums_of_full() {
    while (begun_ < buckets_.size() && gradients_[begun_]->taken == buckets_[begun_].slots.size())
        begin_sum(begun_++);
}

/// What no gradient came for is 0, as is the padding.
void ShardedOptimizer::fill_blanks(std::size_t b) {
    auto& gradients = *gradients_[b];
    const auto& slots = buckets_[b].slots;
    if (gradients.is_blank.empty()) return;
    for (std::size_t s = 0; s < slots.size(); ++s)
        if (gradients.is_blank[s])
            gradients.all.narrow(0, slots[s].offset, slots[s].parameter.numel()).zero_();
    const auto end = slots.back().offset + slots.back().parameter.numel();
    gradients.all.narrow(0, end, buckets_[b].length() - end).zero_();
    gradients.is_blank.clear();
}

void ShardedOptimizer::begin_sum(std::size_t b) {
    end_sums(k_sums_under_way - 1);
    auto& gradients = *gradients_[b];
    summing_.push_back(b);
    if (!gradients.all.defined()) gradients.all = at::zeros({buckets_[b].length()}, options_of_gradients(b));
    fill_blanks(b);
    if (comm_.size() == 1) return;
    gradients.all.div_(comm_.size());
    if (spec_.zero == ZeroStage::none) {
        gradients.sum = comm_.all_reduce(gradients.all);
    } else {
        gradients.fresh = at::empty({buckets_[b].length() / comm_.size()}, gradients.all.options());
        gradients.sum = comm_.reduce_scatter(gradients.all, gradients.fresh);
    }
}

/// Waits for the oldest sums, until so many are left.
void ShardedOptimizer::end_sums(std::size_t but) {
    for (; summing_.size() > but; summing_.pop_front()) {
        auto& gradients = *gradients_[summing_.front()];
        gradients.sum.wait();
        const at::Tensor summed = gradients.fresh.defined() ? gradients.fresh : gradients.all;
        gradients.all = gradients.fresh = at::Tensor();
        gradients.part = gradients.part.defined() ? gradients.part.add_(summed) : summed.to(at::kFloat);
    }
}

void ShardedOptimizer::finish_backward() {
    if (!sums_) return;
    while (begun_ < buckets_.size()) begin_sum(begun_++);
    comm_.expect_all_well();
    end_sums(0);
}

double ShardedOptimizer::norm_of_gradients() const {
    double squares = 0;
    for (const auto& gradients : gradients_) {
        const auto norm = at::linalg_vector_norm(gradients->part).item<double>();
        squares += norm * norm;
    }
    if (spec_.zero != ZeroStage::none) comm_.group().sum(std::span(&squares, 1));
    return std::sqrt(squares);
}

void ShardedOptimizer::step(std::size_t b, const at::Tensor& gradient, double learning_rate) {
    auto& shard = shards_[b];
    const auto count =
        at::full({}, static_cast<double>(updates_), at::TensorOptions().device(gradient.device()));
    at::_fused_adamw_({shard.master}, {gradient}, {shard.first_moment}, {shard.second_moment}, {}, {count},
                      learning_rate, spec_.adamw.beta1, spec_.adamw.beta2, spec_.adamw.weight_decay,
                      spec_.adamw.epsilon, false, false);
    publish_master(b);
}

/// What the master weights are becomes this rank's part of the parameters.
void ShardedOptimizer::publish_master(std::size_t b) {
    const auto part = own_part(buckets_[b].values);
    if (!part.is_alias_of(shards_[b].master)) part.copy_(shards_[b].master);
}

std::int64_t ShardedOptimizer::shard_begin(std::size_t bucket) const {
    return spec_.zero == ZeroStage::none ? 0 : comm_.rank() * (buckets_[bucket].length() / comm_.size());
}

void ShardedOptimizer::restored(std::int64_t updates) {
    updates_ = updates;
    for (std::size_t b = 0; b < buckets_.size(); ++b) publish_master(b);
    hand_out();
}

/// Every rank gets the parameters of all parts.
void ShardedOptimizer::hand_out() {
    if (spec_.zero == ZeroStage::none) return;
    std::vector<comm::Pending> gathered;
    for (const auto& bucket : buckets_)
        gathered.push_back(comm_.all_gather(own_part(bucket.values), bucket.values));
    comm_.expect_all_well();
    for (auto& one : gathered) one.wait();
}

UpdateReport ShardedOptimizer::update(double learning_rate) {
    UpdateReport report{.gradient_norm = norm_of_gradients()};
    report.is_finite = std::isfinite(report.gradient_norm);
    if (report.is_finite) ++updates_;
    for (std::size_t b = 0; b < buckets_.size() && report.is_finite; ++b) {
        auto& part = gradients_[b]->part;
        if (spec_.most_norm > 0 && report.gradient_norm > spec_.most_norm)
            part.mul_(spec_.most_norm / (report.gradient_norm + 1e-6));
        step(b, part, learning_rate);
    }
    if (report.is_finite) hand_out();
    for (const auto& gradients : gradients_) gradients->part = at::Tensor();
    adds_in_float_ = false;
    return report;
}

std::int64_t ShardedOptimizer::state_bytes() const {
    std::int64_t bytes = 0;
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
        const auto& [master, first, second] = shards_[b];
        bytes += static_cast<std::int64_t>(first.nbytes() + second.nbytes());
        if (!master.is_alias_of(buckets_[b].values)) bytes += static_cast<std::int64_t>(master.nbytes());
    }
    return bytes;
}

}  // namespace lvr::train

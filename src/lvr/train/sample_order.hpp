// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/data/llava_list.hpp>
#include <lvr/par/shard.hpp>

namespace lvr::train {

/// Stage 1: uniform; stage 2: modality (vlm/sampling.hpp).
enum class OrderRule { uniform, modality, length };
enum class BadSamples { skip, stop };

/// "uniform", "modality", "length"; "skip", "stop". @throws core::Error (usage) if there is none of that name
OrderRule order_rule(std::string_view name);
BadSamples bad_samples(std::string_view name);

struct OrderSettings {
    std::int64_t batch = 128;      ///< B, samples of an update
    std::int64_t loss_batch = 16;  ///< g, samples whose labels are averaged over together; divides B
    std::int64_t epochs = 1;
    std::uint64_t seed = 42;
    OrderRule rule = OrderRule::uniform;
    BadSamples bad = BadSamples::skip;
};

/// What a list holds.
struct SampleCounts {
    std::int64_t samples = 0;
    std::int64_t trained = 0, with_image = 0, text_only = 0;  ///< of those, with and without
    std::int64_t left_out = 0;
    std::array<std::int64_t, data::k_sample_faults> faults{};  ///< a sample may have several
    std::int64_t without_words = 0;

    core::Json to_json() const;
};

/// What makes a sample of a list bad; empty: nothing.
std::string wrongs(const data::LlavaIndex& index, std::int64_t sample);

/// Which samples each update takes: of the good samples of a list position by position, epoch e in the order
/// of seed + e, what is missing from an epoch's last update filled from the order's beginning. Bad are those
/// with any fault but an image without a placeholder (which is trained on as published: the image is not
/// seen), and those without words. Any number of threads may ask.
class SampleOrder {
  public:
    /// @throws core::Error (usage) if g does not divide B, or a setting is below 1
    /// @throws core::Error (input) if no sample is good; with BadSamples::stop if any is bad, naming the
    /// first few
    SampleOrder(const data::LlavaIndex& index, const OrderSettings& settings);
    ~SampleOrder();
    SampleOrder(const SampleOrder&) = delete;
    SampleOrder& operator=(const SampleOrder&) = delete;

    const OrderSettings& settings() const;
    const SampleCounts& counts() const;
    /// What the user should know: what is left out, and where another rule had to be taken.
    const std::vector<std::string>& notes() const;

    std::int64_t updates_per_epoch() const;
    std::int64_t updates() const;

    /// The samples of a slot of an update: positions [u B + s m, + m). Sample numbers of the list.
    std::vector<std::int64_t> samples_of(std::int64_t update, std::int64_t slot,
                                         std::int64_t micro_batch) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The slots of a rank: B / m of them are shared out evenly and in order.
/// @throws core::Error (usage) if m does not divide g, or the ranks do not divide B / m; it names values that
/// fit
par::Range slots_of(const OrderSettings& settings, std::int64_t micro_batch, int rank, int ranks);

}  // namespace lvr::train

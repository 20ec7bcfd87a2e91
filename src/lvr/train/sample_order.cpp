// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/sample_order.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/vlm/sampling.hpp>

namespace lvr::train {
namespace {

using Numbers = std::vector<std::int64_t>;
using data::SampleFault;

constexpr std::int64_t k_most = 1'000'000'000;  // of batches and epochs: products of them can be counted
constexpr std::size_t k_most_named = 5;

bool is_fatal(SampleFault fault) { return fault != SampleFault::image_without_placeholder; }

template <class Act>
void for_each_fault(Act act) {
    for (int fault = 0; fault < data::k_sample_faults; ++fault) act(static_cast<SampleFault>(fault));
}

/// What is wrong with a sample, in words; empty if it is good.
bool is_good(const data::LlavaIndex& index, std::int64_t sample) {
    constexpr auto k_harmless = 1U << static_cast<int>(SampleFault::image_without_placeholder);
    const auto at = static_cast<std::size_t>(sample);
    return (index.faults[at] & ~k_harmless) == 0 && index.words[at] > 0;
}

/// One line for a bad sample; what is not readable says why.
std::string complaint_of(const data::LlavaList& list, std::int64_t sample) {
    try {
        return fmt::format("{}: {}", list.read(sample).name, wrongs(list.index(), sample));
    } catch (const core::Error& error) {
        const std::string what = error.what();
        return what.substr(0, what.find('\n'));
    }
}

core::Error bad_samples_error(const data::LlavaIndex& index, const SampleCounts& counts) {
    const data::LlavaList list(index);
    std::string named;
    std::size_t shown = 0;
    for (std::int64_t sample = 0; sample < index.size() && shown < k_most_named; ++sample) {
        if (is_good(index, sample)) continue;
        named += "\n  " + complaint_of(list, sample);
        ++shown;
    }
    const auto more = counts.left_out - static_cast<std::int64_t>(shown);
    if (more > 0) named += fmt::format("\n  and {} more", more);
    return core::input_error(fmt::format("{}: {} of {} samples cannot be trained on:{}", index.file,
                                         counts.left_out, counts.samples, named),
                             "", "correct them, or leave such samples out with --bad-samples skip");
}

SampleCounts counted(const data::LlavaIndex& index) {
    SampleCounts counts;
    counts.samples = index.size();
    counts.faults = index.fault_counts();
    for (std::int64_t sample = 0; sample < index.size(); ++sample) {
        const auto at = static_cast<std::size_t>(sample);
        if (is_good(index, sample))
            ++(index.images[at] != 0 ? counts.with_image : counts.text_only);
        else if (index.words[at] == 0 && !index.has(sample, SampleFault::unreadable))
            ++counts.without_words;
    }
    counts.trained = counts.with_image + counts.text_only;
    counts.left_out = counts.samples - counts.trained;
    return counts;
}

std::string in_words(const SampleCounts& counts) {
    std::string all;
    const auto add = [&](std::string_view what, std::int64_t count) {
        if (count > 0) all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", what, count);
    };
    for_each_fault([&](SampleFault fault) {
        if (is_fatal(fault)) add(described(fault), counts.faults[static_cast<std::size_t>(fault)]);
    });
    add("no words", counts.without_words);
    return all;
}

std::vector<std::string> notes_on(const SampleCounts& counts) {
    std::vector<std::string> notes;
    if (counts.left_out > 0)
        notes.push_back(fmt::format("{} of {} samples are left out: {}", counts.left_out, counts.samples,
                                    in_words(counts)));
    const auto unseen = counts.faults[static_cast<std::size_t>(SampleFault::image_without_placeholder)];
    if (unseen > 0)
        notes.push_back(fmt::format("{} sample{} an image without a placeholder: the image is not seen",
                                    unseen, unseen == 1 ? " has" : "s have"));
    return notes;
}

/// The divisors of `number` that are next to `wanted`, below and above, among those that `fits` takes.
template <class Fits>
std::string near_divisors(std::int64_t number, std::int64_t wanted, Fits fits) {
    std::int64_t below = 0, above = 0;
    const auto look_at = [&](std::int64_t divisor) {
        if (!fits(divisor)) return;
        if (divisor <= wanted) below = std::max(below, divisor);
        if (divisor >= wanted) above = above == 0 ? divisor : std::min(above, divisor);
    };
    for (std::int64_t small = 1; small <= number / small; ++small) {
        if (number % small != 0) continue;
        look_at(small);
        look_at(number / small);
    }
    if (below == 0 || above == 0 || below == above)
        return below + above == 0 ? "" : std::to_string(std::max(below, above));
    return fmt::format("{} or {}", below, above);
}

std::string near_divisors(std::int64_t number, std::int64_t wanted) {
    return near_divisors(number, wanted, [](std::int64_t) { return true; });
}

/// The multiples next to a number.
std::string near_multiples(std::int64_t of, std::int64_t wanted) {
    const auto below = wanted / of * of;
    return below == 0 ? std::to_string(of) : fmt::format("{} or {}", below, below + of);
}

void check_range(const char* name, std::int64_t value) {
    if (value >= 1 && value <= k_most) return;
    throw core::usage_error(fmt::format("{} is {}", name, value), "",
                            fmt::format("it is between 1 and {}", k_most));
}

void check(const OrderSettings& settings) {
    check_range("batch", settings.batch);
    check_range("loss_batch", settings.loss_batch);
    check_range("epochs", settings.epochs);
    if (settings.batch % settings.loss_batch == 0) return;
    throw core::usage_error(
        fmt::format("loss_batch {} does not divide batch {}", settings.loss_batch, settings.batch),
        "an update averages over whole loss batches",
        fmt::format("use a loss_batch of {}, or a batch of {}",
                    near_divisors(settings.batch, settings.loss_batch),
                    near_multiples(settings.loss_batch, settings.batch)));
}

template <class Value, std::size_t N>
Value named(const std::array<std::pair<std::string_view, Value>, N>& all, std::string_view name,
            const char* what) {
    std::string known;
    for (const auto& [its, value] : all) {
        if (its == name) return value;
        known.append(known.empty() ? "" : ", ").append(its);
    }
    throw core::usage_error(fmt::format("there is no {} `{}`", what, name), "", "use one of " + known);
}

}  // namespace

std::string wrongs(const data::LlavaIndex& index, std::int64_t sample) {
    std::string all;
    const auto add = [&](std::string_view what) { all.append(all.empty() ? "" : ", ").append(what); };
    for_each_fault([&](SampleFault fault) {
        if (is_fatal(fault) && index.has(sample, fault)) add(described(fault));
    });
    if (all.empty() && index.words[static_cast<std::size_t>(sample)] == 0) add("no words");
    return all;
}

OrderRule order_rule(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, OrderRule>, 3> k_rules = {
        {{"uniform", OrderRule::uniform}, {"modality", OrderRule::modality}, {"length", OrderRule::length}}};
    return named(k_rules, name, "order");
}

BadSamples bad_samples(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, BadSamples>, 2> k_policies = {
        {{"skip", BadSamples::skip}, {"stop", BadSamples::stop}}};
    return named(k_policies, name, "policy for bad samples");
}

core::Json SampleCounts::to_json() const {
    core::Json by_fault = core::Json::object();
    for_each_fault([&](SampleFault fault) {
        by_fault[std::string(described(fault))] = faults[static_cast<std::size_t>(fault)];
    });
    by_fault["no words"] = without_words;
    return {{"samples", samples},     {"trained", trained},   {"with_image", with_image},
            {"text_only", text_only}, {"left_out", left_out}, {"faults", by_fault}};
}

struct SampleOrder::State {
    OrderSettings settings;
    OrderRule rule;  ///< the one that is followed
    SampleCounts counts;
    std::vector<std::string> notes;
    Numbers good, lengths;  // sample numbers; words, negative for text only, unless the rule is uniform
    std::mutex mutex;
    std::map<std::int64_t, std::shared_ptr<const Numbers>> orders;  // of the epochs last asked for

    void take(const data::LlavaIndex& index) {
        good.reserve(static_cast<std::size_t>(counts.trained));
        if (rule != OrderRule::uniform) lengths.reserve(good.capacity());
        for (std::int64_t sample = 0; sample < index.size(); ++sample) {
            if (!is_good(index, sample)) continue;
            good.push_back(sample);
            const auto at = static_cast<std::size_t>(sample);
            if (rule != OrderRule::uniform)
                lengths.push_back(index.images[at] != 0 ? index.words[at] : -index.words[at]);
        }
    }

    Numbers order_of(std::int64_t epoch) const {
        const vlm::Groups groups{settings.loss_batch, settings.batch / settings.loss_batch};
        switch (rule) {
            case OrderRule::uniform:
                return vlm::uniform_order(static_cast<std::int64_t>(good.size()), settings.seed, epoch);
            case OrderRule::modality:
                return vlm::modality_grouped_order(lengths, groups, settings.seed, epoch);
            case OrderRule::length:
                break;
        }
        return vlm::length_grouped_order(lengths, groups, settings.seed, epoch);
    }

    std::shared_ptr<const Numbers> order(std::int64_t epoch) {
        const std::lock_guard lock(mutex);
        auto& kept = orders[epoch];
        if (!kept) {
            auto numbers = order_of(epoch);
            for (auto& number : numbers) number = good[static_cast<std::size_t>(number)];
            kept = std::make_shared<const Numbers>(std::move(numbers));
        }
        const auto wanted = kept;
        while (orders.size() > 2)
            orders.erase(orders.begin()->first == epoch ? std::prev(orders.end()) : orders.begin());
        return wanted;
    }
};

SampleOrder::SampleOrder(const data::LlavaIndex& index, const OrderSettings& settings)
    : state_(std::make_unique<State>()) {
    check(settings);
    auto& state = *state_;
    state.settings = settings;
    state.rule = settings.rule;
    state.counts = counted(index);
    const auto& counts = state.counts;
    if (settings.bad == BadSamples::stop && counts.left_out > 0) throw bad_samples_error(index, counts);
    if (counts.trained == 0)
        throw core::input_error(
            fmt::format("{}: none of {} samples can be trained on{}{}", index.file, counts.samples,
                        counts.samples == 0 ? "" : ": ", in_words(counts)),
            "", "check that it is a list of LLaVA's form");
    state.notes = notes_on(counts);
    if (state.rule == OrderRule::modality && (counts.with_image == 0 || counts.text_only == 0)) {
        state.rule = OrderRule::length;
        state.notes.push_back(fmt::format("all samples are {}: they are grouped by length alone",
                                          counts.text_only == 0 ? "with images" : "text only"));
    }
    state.take(index);
}

SampleOrder::~SampleOrder() = default;

const OrderSettings& SampleOrder::settings() const { return state_->settings; }
const SampleCounts& SampleOrder::counts() const { return state_->counts; }
const std::vector<std::string>& SampleOrder::notes() const { return state_->notes; }

std::int64_t SampleOrder::updates_per_epoch() const {
    const auto batch = state_->settings.batch;
    return (state_->counts.trained + batch - 1) / batch;
}

std::int64_t SampleOrder::updates() const { return updates_per_epoch() * state_->settings.epochs; }

Numbers SampleOrder::samples_of(std::int64_t update, std::int64_t slot, std::int64_t micro_batch) const {
    const auto batch = state_->settings.batch;
    core::ensure(update >= 0 && update < updates() && micro_batch > 0 && batch % micro_batch == 0,
                 "a slot of an update");
    const auto order = state_->order(update / updates_per_epoch());
    return vlm::batch_of(*order, {micro_batch, batch / micro_batch}, slot, update % updates_per_epoch());
}

par::Range slots_of(const OrderSettings& settings, std::int64_t micro_batch, int rank, int ranks) {
    check(settings);
    check_range("micro_batch", micro_batch);
    const auto batch = settings.batch, group = settings.loss_batch;
    if (group % micro_batch != 0)
        throw core::usage_error(
            fmt::format("micro_batch {} does not divide loss_batch {}", micro_batch, group),
            "a loss batch is computed in whole micro-batches",
            fmt::format("use a micro_batch of {}", near_divisors(group, micro_batch)));
    const auto slots = batch / micro_batch;
    if (slots % ranks == 0) return par::block(slots, ranks, rank);
    const auto fitting =
        near_divisors(group, micro_batch, [&](std::int64_t one) { return batch / one % ranks == 0; });
    const auto larger = near_multiples(std::lcm(group, micro_batch * ranks), batch);
    throw core::usage_error(
        fmt::format("{} ranks cannot share the {} micro-batches of {} samples evenly", ranks, slots,
                    micro_batch),
        "each rank takes as many",
        fitting.empty() ? fmt::format("use a batch of {}, or other ranks_per_model", larger)
                        : fmt::format("use a micro_batch of {}, a batch of {}, or other ranks_per_model",
                                      fitting, larger));
}

}  // namespace lvr::train

// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/sampling.hpp>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randperm.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>

#include <lvr/core/error.hpp>

namespace lvr::vlm {
namespace {

using Numbers = std::vector<std::int64_t>;

Numbers permutation(std::int64_t count, at::Generator& generator) {
    const at::Tensor order = at::randperm(count, generator, at::TensorOptions(at::kLong));
    const auto* first = order.const_data_ptr<std::int64_t>();
    return {first, first + count};
}

/// As PyTorch's loader leaves it: seeded, and one number drawn for its workers.
at::Generator loader_generator(std::uint64_t seed, std::int64_t epoch) {
    at::Generator generator = at::detail::createCPUGenerator(seed + static_cast<std::uint64_t>(epoch));
    at::empty({}, at::TensorOptions(at::kLong)).random_(generator);
    return generator;
}

void check(const Groups& groups) {
    core::ensure(groups.batch > 0 && groups.ranks > 0, "batches of at least one sample");
}

/// Deals a group, longest first, into parts for the ranks: each sample to the part that is shortest so far
/// and not full. A group that cannot be shared evenly is dealt in turn.
void deal(std::span<const std::int64_t> group, std::span<const std::int64_t> lengths, std::int64_t ranks,
          Numbers& order) {
    const auto parts = static_cast<std::size_t>(ranks);
    std::vector<Numbers> dealt(parts);
    if (group.size() % parts != 0) {
        for (std::size_t i = 0; i < group.size(); ++i) dealt[i % parts].push_back(group[i]);
    } else {
        constexpr auto k_full = std::numeric_limits<std::int64_t>::max();
        Numbers sums(parts, 0);
        for (const std::int64_t sample : group) {
            const auto shortest = std::min_element(sums.begin(), sums.end());
            auto& part = dealt[static_cast<std::size_t>(shortest - sums.begin())];
            part.push_back(sample);
            *shortest += lengths[static_cast<std::size_t>(sample)];
            if (part.size() == group.size() / parts) *shortest = k_full;
        }
    }
    for (const auto& part : dealt) order.insert(order.end(), part.begin(), part.end());
}

/// @param lengths positive
Numbers grouped(std::span<const std::int64_t> lengths, const Groups& groups, at::Generator& generator) {
    Numbers shuffled = permutation(static_cast<std::int64_t>(lengths.size()), generator), order;
    order.reserve(shuffled.size());
    const auto size = static_cast<std::size_t>(groups.batch * groups.ranks);
    const auto length = [&](std::int64_t sample) { return lengths[static_cast<std::size_t>(sample)]; };
    for (std::size_t begin = 0; begin < shuffled.size(); begin += size) {
        const auto group = std::span(shuffled).subspan(begin, std::min(size, shuffled.size() - begin));
        std::stable_sort(group.begin(), group.end(),
                         [&](std::int64_t a, std::int64_t b) { return length(a) > length(b); });
        deal(group, lengths, groups.ranks, order);
    }
    return order;
}

/// The samples of one kind, in their grouped order.
struct Kind {
    Numbers samples, lengths;

    void arrange(const Groups& groups, at::Generator& generator) {
        Numbers order = grouped(lengths, groups, generator);
        for (auto& sample : order) sample = samples[static_cast<std::size_t>(sample)];
        samples = std::move(order);
    }
    /// Samples before the last group, which may not be full.
    std::size_t whole(std::size_t size) const { return (samples.size() - 1) / size * size; }
};

std::int64_t positive(std::int64_t length, std::size_t sample) {
    if (length == 0)
        throw core::input_error(
            fmt::format("sample {} has no words", sample + 1),
            "the recipe tells samples with and without images apart by the sign of their length",
            "leave out the samples that are empty or unreadable");
    return std::abs(length);
}

std::vector<Numbers> full_groups(const Kind& images, const Kind& texts, std::size_t size) {
    std::vector<Numbers> full;
    for (const Kind* kind : {&images, &texts}) {
        const auto first = kind->samples.begin();
        for (std::size_t begin = 0; begin < kind->whole(size); begin += size)
            full.emplace_back(first + static_cast<std::ptrdiff_t>(begin),
                              first + static_cast<std::ptrdiff_t>(begin + size));
    }
    return full;
}

}  // namespace

Numbers uniform_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
    core::ensure(count >= 0, "a number of samples");
    at::Generator generator = at::detail::createCPUGenerator(seed + static_cast<std::uint64_t>(epoch));
    return permutation(count, generator);
}

Numbers length_grouped_order(std::span<const std::int64_t> modality_lengths, const Groups& groups,
                             std::uint64_t seed, std::int64_t epoch) {
    check(groups);
    Numbers lengths;
    for (const std::int64_t length : modality_lengths) lengths.push_back(positive(length, lengths.size()));
    at::Generator generator = loader_generator(seed, epoch);
    return grouped(lengths, groups, generator);
}

Numbers modality_grouped_order(std::span<const std::int64_t> modality_lengths, const Groups& groups,
                               std::uint64_t seed, std::int64_t epoch) {
    check(groups);
    Kind images, texts;
    for (std::size_t i = 0; i < modality_lengths.size(); ++i) {
        Kind& kind = modality_lengths[i] > 0 ? images : texts;
        kind.lengths.push_back(positive(modality_lengths[i], i));
        kind.samples.push_back(static_cast<std::int64_t>(i));
    }
    if (images.samples.empty() || texts.samples.empty())
        throw core::input_error(
            fmt::format("all samples are {}", texts.samples.empty() ? "with images" : "text only"),
            "grouping by modality needs both kinds", "group by length alone, or shuffle");
    at::Generator generator = loader_generator(seed, epoch);
    images.arrange(groups, generator);
    texts.arrange(groups, generator);
    const auto size = static_cast<std::size_t>(groups.batch * groups.ranks);
    const auto full = full_groups(images, texts, size);
    Numbers left, order;
    for (const Kind* kind : {&images, &texts})
        left.insert(left.end(), kind->samples.begin() + static_cast<std::ptrdiff_t>(kind->whole(size)),
                    kind->samples.end());
    const auto shuffled = permutation(static_cast<std::int64_t>(full.size()), generator);
    const auto front = left.begin() + static_cast<std::ptrdiff_t>(left.size() >= size ? size : 0);
    order.reserve(modality_lengths.size());
    order.insert(order.end(), left.begin(), front);
    for (const std::int64_t number : shuffled) {
        const auto& group = full[static_cast<std::size_t>(number)];
        order.insert(order.end(), group.begin(), group.end());
    }
    order.insert(order.end(), front, left.end());
    return order;
}

std::int64_t batches_per_rank(std::int64_t count, std::int64_t batch, std::int64_t ranks) {
    core::ensure(count >= 0 && batch > 0 && ranks > 0, "batches of at least one sample");
    return (count + batch * ranks - 1) / (batch * ranks);
}

Numbers batch_of(std::span<const std::int64_t> order, const Groups& groups, std::int64_t rank,
                 std::int64_t step) {
    check(groups);
    const auto count = static_cast<std::int64_t>(order.size());
    core::ensure(rank >= 0 && rank < groups.ranks && step >= 0 &&
                     step < batches_per_rank(count, groups.batch, groups.ranks),
                 "a batch within the order");
    Numbers batch;
    const std::int64_t first = (step * groups.ranks + rank) * groups.batch;
    for (std::int64_t i = first; i < first + groups.batch; ++i)
        batch.push_back(order[static_cast<std::size_t>(i % count)]);
    return batch;
}

}  // namespace lvr::vlm

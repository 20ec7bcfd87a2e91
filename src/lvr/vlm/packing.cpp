// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/packing.hpp>

#include <algorithm>
#include <bit>
#include <numeric>

#include <lvr/core/error.hpp>

namespace lvr::vlm {
namespace {

/// The space left in each pack, and the largest of any run of packs: a tree whose root is number 1.
class Spaces {
  public:
    Spaces(std::size_t packs, std::int64_t space) : leaves_(std::bit_ceil(std::max<std::size_t>(packs, 1))) {
        most_.assign(2 * leaves_, space);
    }

    /// Takes `length` from the first pack that has it. @return its number
    std::size_t take(std::int64_t length) {
        std::size_t node = 1;
        while (node < leaves_) node = 2 * node + (most_[2 * node] >= length ? 0 : 1);
        const std::size_t pack = node - leaves_;
        most_[node] -= length;
        while (node /= 2) most_[node] = std::max(most_[2 * node], most_[2 * node + 1]);
        return pack;
    }

  private:
    std::size_t leaves_;
    std::vector<std::int64_t> most_;
};

}  // namespace

std::vector<std::vector<std::int64_t>> pack_first_fit(std::span<const std::int64_t> lengths,
                                                      std::int64_t longest) {
    core::ensure(longest > 0, "sequences of at least one token");
    const auto length = [&](std::int64_t sample) {
        return std::clamp<std::int64_t>(lengths[static_cast<std::size_t>(sample)], 1, longest);
    };
    std::vector<std::int64_t> order(lengths.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return length(a) > length(b); });
    Spaces spaces(lengths.size(), longest);  // there are never more packs than samples
    std::vector<std::vector<std::int64_t>> packs;
    for (const std::int64_t sample : order) {
        const std::size_t pack = spaces.take(length(sample));
        if (pack >= packs.size()) packs.resize(pack + 1);
        packs[pack].push_back(sample);
    }
    return packs;
}

}  // namespace lvr::vlm

// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/pair_matcher.hpp>

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include <lvr/kernels/row_arithmetic.hpp>
#include <lvr/run/share_out.hpp>
#include <lvr/score/keypoint_groups.hpp>

namespace lvr::score {
namespace {

using data::k_spair_keypoints;
using Patches = std::array<std::int64_t, k_spair_keypoints>;
using Map = std::vector<float>;

at::Tensor tensor(std::span<const float> values, std::int64_t channels) {
    const auto rows = static_cast<std::int64_t>(values.size()) / channels;
    return at::from_blob(const_cast<float*>(values.data()), {rows, channels}, at::kFloat);  // only read
}

struct Pair {
    const data::SpairCategory* category;
    const data::SpairPair* pair;
    const std::vector<int>* used;

    const data::SpairImage& source() const { return category->images[pair->source]; }
    const data::SpairImage& target() const { return category->images[pair->target]; }
    ImageSize source_size() const { return {pair->source_width, pair->source_height}; }
    ImageSize target_size() const { return {pair->target_width, pair->target_height}; }
    bool is_mutual(int id) const { return source().keypoints[id].visible && target().keypoints[id].visible; }
};

/// The maps that a batch of pairs needs.
struct Maps {
    std::map<std::string, Map> plain, mirrored;
};

class Matcher {
  public:
    Matcher(const MatchSpec& spec, Grid grid, std::int64_t channels)
        : spec_(spec), grid_(grid), channels_(channels) {}

    PairMatch match(const Pair& pair, const Maps& maps) const {
        const Map& source = maps.plain.at(pair.source().id);
        const Map& target = maps.plain.at(pair.target().id);
        PairMatch result;
        Patches patches{};
        for (const int id : *pair.used) {
            const auto& keypoint = pair.source().keypoints[id];
            if (!keypoint.visible) continue;  // patch 0
            patches[id] = spec_.view.patch(keypoint.x, keypoint.y, pair.source_size(), grid_);
            const auto size = pair.source_size();
            result.outside += spec_.view.is_outside(keypoint.x, keypoint.y, size, grid_) ? 1 : 0;
            result.on_border += spec_.view.is_on_border(keypoint.x, keypoint.y, size, grid_) ? 1 : 0;
        }
        result.places = places(pair, source, target, patches);
        if (spec_.flip) try_mirrored(pair, maps, result);
        return result;
    }

  private:
    std::array<Place, k_spair_keypoints> places(const Pair& pair, const Map& source, const Map& target,
                                                const Patches& patches) const {
        std::set<std::int64_t> wanted;
        for (const int id : *pair.used) wanted.insert(patches[id]);
        Map rows;
        std::map<std::int64_t, std::size_t> row_of;
        for (const auto patch : wanted) {
            row_of.emplace(patch, row_of.size());
            rows.insert(rows.end(), source.begin() + patch * channels_,
                        source.begin() + (patch + 1) * channels_);
        }
        const at::Tensor product = at::mm(tensor(rows, channels_), tensor(target, channels_).t());
        std::span<float> values(product.data_ptr<float>(), static_cast<std::size_t>(product.numel()));
        if (spec_.rule.arithmetic != Arithmetic::float32)
            std::ranges::transform(values, values.begin(), kernels::rounded_to_bfloat16);
        std::vector<Place> found;
        const auto width = static_cast<std::size_t>(grid_.size());
        for (std::size_t row = 0; row < row_of.size(); ++row) {
            const auto best = best_place(values.subspan(row * width, width), grid_, spec_.rule);
            found.push_back(spec_.view.place(best.column, best.row, pair.target_size(), grid_));
        }
        std::array<Place, k_spair_keypoints> result{};
        for (const int id : *pair.used) result[id] = found[row_of.at(patches[id])];
        return result;
    }

    /// Takes the places that the mirrored source gives, where it fits the target better: the keypoints change
    /// sides with the picture, each pair of them only if both are mutually visible.
    void try_mirrored(const Pair& pair, const Maps& maps, PairMatch& result) const {
        const Map& mirrored = maps.mirrored.at(pair.source().id);
        const Map& target = maps.plain.at(pair.target().id);
        std::array<int, k_spair_keypoints> seen{}, partner{};
        std::iota(seen.begin(), seen.end(), 0);
        partner = seen;
        for (const auto& sides : mirror_pairs(pair.category->name)) {
            if (!std::ranges::all_of(sides,
                                     [&](int id) { return std::ranges::binary_search(*pair.used, id); }))
                continue;
            std::swap(partner[sides[0]], partner[sides[1]]);
            if (pair.is_mutual(sides[0]) && pair.is_mutual(sides[1]))
                std::swap(seen[sides[0]], seen[sides[1]]);
        }
        const auto flipped = mutual_distance(mirrored, target, channels_);
        const auto original = mutual_distance(maps.plain.at(pair.source().id), target, channels_);
        if (!(flipped < original)) return;
        Patches patches{};
        for (const int id : *pair.used) patches[id] = mirrored_patch(pair, pair.source().keypoints[seen[id]]);
        const auto places_mirrored = places(pair, mirrored, target, patches);
        result.is_mirrored = true;
        for (const int id : *pair.used)
            if (pair.is_mutual(id) && pair.is_mutual(partner[id])) result.places[id] = places_mirrored[id];
    }

    std::int64_t mirrored_patch(const Pair& pair, const data::SpairKeypoint& keypoint) const {
        if (!keypoint.visible) return 0;
        return spec_.view.mirrored_patch(keypoint.x, keypoint.y, pair.source_size(), grid_);
    }

    const MatchSpec& spec_;
    Grid grid_;
    std::int64_t channels_;
};

/// A thread's first product would use all cores, and differ in the last bits.
void keep_to_one_core() { at::set_num_threads(1); }

void load(std::map<std::string, Map>& kept, Descriptors& descriptors, const std::set<std::string>& wanted,
          bool mirrored, int threads) {
    std::erase_if(kept, [&](const auto& one) { return !wanted.contains(one.first); });
    std::vector<std::pair<const std::string, Map>*> missing;
    for (const auto& id : wanted) {
        const auto [place, is_new] = kept.try_emplace(id);
        if (is_new) missing.push_back(&*place);
    }
    run::share_out(static_cast<std::int64_t>(missing.size()), threads, [&](std::int64_t i) {
        auto& [id, map] = *missing[static_cast<std::size_t>(i)];
        map = descriptors.unit(id, mirrored);
    });
}

}  // namespace

std::vector<int> used_keypoints(const data::SpairCategory& category) {
    std::vector<int> used;
    for (int id = 0; id < k_spair_keypoints; ++id) {
        const auto shows = [id](const data::SpairImage& image) { return image.keypoints[id].visible; };
        if (std::ranges::any_of(category.images, shows)) used.push_back(id);
    }
    return used;
}

double mutual_distance(std::span<const float> a, std::span<const float> b, std::int64_t channels) {
    const at::Tensor distances = at::cdist(tensor(a, channels), tensor(b, channels)).contiguous();
    const at::Tensor to_b = at::argmin(distances, 1), to_a = at::argmin(distances, 0);
    const auto* const nearest_b = to_b.const_data_ptr<std::int64_t>();
    const auto* const nearest_a = to_a.const_data_ptr<std::int64_t>();
    double sum = 0;
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < distances.size(0); ++i) {
        if (nearest_a[nearest_b[i]] != i) continue;
        sum += distances.const_data_ptr<float>()[i * distances.size(1) + nearest_b[i]];
        ++count;
    }
    return sum / static_cast<double>(count);  // the nearest two of all are each other's nearest
}

std::vector<PairMatch> match_pairs(const data::Spair& spair, Descriptors& descriptors, const MatchSpec& spec,
                                   par::Range range) {
    std::vector<std::vector<int>> used;
    for (const auto& category : spair.categories) used.push_back(used_keypoints(category));
    std::vector<Pair> pairs;
    for (std::size_t c = 0; c < spair.categories.size(); ++c)
        for (const auto& pair : spair.categories[c].pairs)
            pairs.push_back({&spair.categories[c], &pair, &used[c]});
    std::vector<PairMatch> results(static_cast<std::size_t>(range.size()));
    const Matcher matcher(spec, descriptors.grid(), descriptors.channels());
    const auto most =
        std::max<std::int64_t>(spec.most_bytes / (descriptors.bytes() * (spec.flip ? 2 : 1)), 2);
    Maps maps;
    for (auto begin = range.begin; begin < range.end;) {
        std::set<std::string> wanted;
        auto end = begin;
        for (; end < range.end; ++end) {
            const std::array its = {pairs[end].source().id, pairs[end].target().id};
            const auto is_new = [&](const std::string& id) { return !wanted.contains(id); };
            const auto size = static_cast<std::int64_t>(wanted.size()) + std::ranges::count_if(its, is_new);
            if (size > most) break;
            wanted.insert(its.begin(), its.end());
        }
        load(maps.plain, descriptors, wanted, false, spec.threads);
        if (spec.flip) load(maps.mirrored, descriptors, wanted, true, spec.threads);
        const auto match = [&](std::int64_t i) {
            results[static_cast<std::size_t>(begin - range.begin + i)] =
                matcher.match(pairs[static_cast<std::size_t>(begin + i)], maps);
        };
        run::share_out(end - begin, spec.threads, match, keep_to_one_core);
        begin = end;
    }
    return results;
}

}  // namespace lvr::score

// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/region_sampling.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace lvr::analysis {
namespace {

// Beyond this cells are narrower than the digits of A and C: representations still together are one point.
constexpr int k_deepest_level = 40;

std::int64_t cell_of(double value, int level) {
    const auto cells = std::int64_t{1} << level;
    const auto cell = static_cast<std::int64_t>(std::floor(value * static_cast<double>(cells)));
    return std::clamp<std::int64_t>(cell, 0, cells - 1);  // value 1 belongs to the last cell
}

bool has_trained(const std::vector<int>& members, const std::vector<bool>& trained) {
    return std::any_of(members.begin(), members.end(),
                       [&](int i) { return trained[static_cast<std::size_t>(i)]; });
}

}  // namespace

RegionSampler::RegionSampler(const Eigen::VectorXd& a, const Eigen::VectorXd& c) {
    const int count = static_cast<int>(a.size());
    for (int level = 1; level <= k_deepest_level; ++level) {
        std::map<std::pair<std::int64_t, std::int64_t>, std::vector<int>> cells;
        for (int i = 0; i < count; ++i) cells[{cell_of(a[i], level), cell_of(c[i], level)}].push_back(i);
        levels_.emplace_back();
        for (auto& [cell, members] : cells) levels_.back().push_back(std::move(members));
        if (levels_.back().size() == static_cast<std::size_t>(count)) return;
    }
    levels_.emplace_back();  // equal points: each its own cell
    for (int i = 0; i < count; ++i) levels_.back().push_back({i});
}

std::vector<double> RegionSampler::chances(const std::vector<bool>& trained) const {
    std::vector<double> chance(trained.size(), 0.0);
    for (const auto& cells : levels_) {
        std::vector<const std::vector<int>*> open;
        for (const auto& members : cells) {
            if (!has_trained(members, trained)) open.push_back(&members);
        }
        if (open.empty()) continue;
        for (const auto* members : open) {
            for (const int i : *members) {
                chance[static_cast<std::size_t>(i)] =
                    1.0 / static_cast<double>(open.size()) / static_cast<double>(members->size());
            }
        }
        return chance;
    }
    return chance;
}

std::vector<double> uniform_chances(const std::vector<bool>& trained) {
    const auto left = static_cast<double>(std::count(trained.begin(), trained.end(), false));
    std::vector<double> chance(trained.size());
    for (std::size_t i = 0; i < trained.size(); ++i) chance[i] = trained[i] ? 0.0 : 1.0 / left;
    return chance;
}

int draw(const std::vector<double>& chance, core::KeyedRng& rng) {
    double left = rng.uniform();
    int last = -1;
    for (std::size_t i = 0; i < chance.size(); ++i) {
        if (chance[i] == 0) continue;
        last = static_cast<int>(i);
        left -= chance[i];
        if (left < 0) break;
    }
    return last;
}

}  // namespace lvr::analysis

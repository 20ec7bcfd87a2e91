// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/subset_search.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include <analysis/law/law_form.hpp>
#include <analysis/law/least_squares.hpp>
#include <lvr/core/error.hpp>
#include <lvr/par/shard.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::analysis {
namespace {

SubsetSolver ac_solver(const Problem& problem) {
    return {columns_of(k_ac_quadratic, problem.a, problem.c), problem.y};
}

/// Lexicographic order of the ascending row lists, shorter first.
bool comes_first(const SubsetHit& left, const SubsetHit& right) {
    const int left_size = std::popcount(left.mask), right_size = std::popcount(right.mask);
    if (left_size != right_size) return left_size < right_size;
    const std::uint32_t differ = left.mask ^ right.mask;
    return (left.mask & (differ & -differ)) != 0;  // the lowest row in which they differ is the left one's
}

bool finds_best(const Eigen::VectorXd& predicted, std::uint32_t mask, int best) {
    if (mask >> best & 1U) return false;
    for (int i = 0; i < static_cast<int>(predicted.size()); ++i) {
        if (i == best || (mask >> i & 1U)) continue;
        if (predicted[i] > predicted[best] || (predicted[i] == predicted[best] && i < best)) return false;
    }
    return true;
}

SubsetHit describe(const Eigen::VectorXd& predicted, const Eigen::VectorXd& y, std::uint32_t mask) {
    SubsetHit hit{mask, 0, 0};
    const int size = std::popcount(mask);
    for (int i = 0; i < static_cast<int>(y.size()); ++i) {
        const double square = (y[i] - predicted[i]) * (y[i] - predicted[i]);
        (mask >> i & 1U ? hit.train_mse : hit.test_mse) += square;
    }
    hit.train_mse /= size;
    hit.test_mse /= static_cast<double>(y.size() - size);
    return hit;
}

/// The masks of this rank: cyclic, since neighbouring masks cost alike.
template <class Visit>
void for_masks(int rows, const par::Comm& comm, Visit visit) {
    core::ensure(rows <= k_largest_enumeration, "too many rows to enumerate their subsets");
    for (std::uint32_t mask = static_cast<std::uint32_t>(comm.rank()); mask < 1U << rows;
         mask += static_cast<std::uint32_t>(comm.size())) {
        run::stop_if_requested();
        visit(mask);
    }
}

}  // namespace

void rows_of_mask(std::uint32_t mask, std::vector<int>& rows) {
    rows.clear();
    for (; mask != 0; mask &= mask - 1) rows.push_back(std::countr_zero(mask));
}

int best_row(const Problem& problem) {
    Eigen::Index best = 0;
    problem.y.maxCoeff(&best);
    return static_cast<int>(best);
}

int place_of_best(const Eigen::VectorXd& predicted, int best) {
    int above = 0;
    for (int i = 0; i < static_cast<int>(predicted.size()); ++i) {
        above += predicted[i] > predicted[best] || (predicted[i] == predicted[best] && i > best);
    }
    return above;
}

std::vector<std::uint8_t> places_of_best(const Problem& problem, const par::Comm& comm) {
    auto solver = ac_solver(problem);
    const int best = best_row(problem);
    std::vector<std::int64_t> places(std::size_t{1} << problem.size());
    std::vector<int> rows;
    for_masks(problem.size(), comm, [&](std::uint32_t mask) {
        places[mask] = std::numeric_limits<std::uint8_t>::max();
        if (std::popcount(mask) < 2) return;
        rows_of_mask(mask, rows);
        solver.fit(rows);
        places[mask] = place_of_best(solver.predict_all(), best);
    });
    comm.sum(std::span<std::int64_t>(places));  // every mask is non-zero on one rank only
    return {places.begin(), places.end()};
}

SubsetSearch exhaustive_search(const Problem& problem, const par::Comm& comm) {
    auto solver = ac_solver(problem);
    const int best = best_row(problem);
    SubsetSearch search;
    std::vector<int> rows;
    for_masks(problem.size(), comm, [&](std::uint32_t mask) {
        const int size = std::popcount(mask);
        if (size < 2 || size >= problem.size()) return;
        rows_of_mask(mask, rows);
        solver.fit(rows);
        ++search.fits;
        const auto& predicted = solver.predict_all();
        if (finds_best(predicted, mask, best)) search.hits.push_back(describe(predicted, problem.y, mask));
    });
    comm.sum(std::span<std::int64_t>(&search.fits, 1));
    std::vector<SubsetHit> all;
    for (auto& part : comm.all_gather(search.hits)) all.insert(all.end(), part.begin(), part.end());
    search.hits = std::move(all);
    std::sort(search.hits.begin(), search.hits.end(), comes_first);
    return search;
}

}  // namespace lvr::analysis

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>
#include <vector>

#include <analysis/law/table.hpp>
#include <lvr/core/rng.hpp>

namespace lvr::test {

inline constexpr double k_none = std::numeric_limits<double>::quiet_NaN();  // not measured

inline Eigen::VectorXd vec(const std::vector<double>& values) {
    return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// A table with one benchmark "b"; representations are called r0, r1, ...
inline analysis::Table small_table(const std::vector<double>& a, const std::vector<double>& c,
                                   const std::vector<double>& score) {
    analysis::Table table;
    for (std::size_t i = 0; i < a.size(); ++i) table.representations.push_back("r" + std::to_string(i));
    table.families.assign(a.size(), "");
    table.c = vec(c);
    table.benchmarks.push_back({"b", "", "b", vec(a), vec(score), k_none});
    return table;
}

inline void add_benchmark(analysis::Table& table, const std::string& name, const std::vector<double>& score) {
    table.benchmarks.push_back({name, "", "b", table.benchmarks.front().a, vec(score), k_none});
}

inline analysis::Problem problem_of(const std::vector<double>& a, const std::vector<double>& c,
                                    const std::vector<double>& score, bool normalise = true) {
    const auto table = small_table(a, c, score);
    return analysis::make_problem(table, table.benchmarks.front(), normalise);
}

/// Seeded table of n representations whose score follows a noisy quadratic of A and C.
inline analysis::Table drawn_table(int n, std::uint64_t seed = 5) {
    core::KeyedRng rng(seed, {"drawn table"}, static_cast<std::uint64_t>(n));
    std::vector<double> a, c, score;
    for (int i = 0; i < n; ++i) {
        a.push_back(rng.uniform());
        c.push_back(30 * rng.uniform());
        score.push_back(40 + 20 * a.back() + c.back() - 15 * a.back() * a.back() + 2 * rng.normal());
    }
    return small_table(a, c, score);
}

}  // namespace lvr::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>
#include <string>

#include <analysis/law/table.hpp>
#include <lvr/core/json.hpp>
#include <lvr/files/results.hpp>

namespace lvr::test {

inline const std::string k_source = LVR_SOURCE_DIR;

inline core::Json golden(const std::string& name) {
    std::ifstream file(k_source + "/tests/golden/" + name);
    INFO("tests/golden/" << name << " (made by scripts/reference.sh)");
    REQUIRE(file.good());
    return core::Json::parse(file);
}

/// data/paper/<version>.csv
inline analysis::Table paper_table(const std::string& version) {
    const std::string file = k_source + "/data/paper/" + version + ".csv";
    return analysis::make_table(files::read_results(file), {}, file);
}

inline const analysis::BenchmarkColumn& column(const analysis::Table& table, const std::string& name) {
    for (const auto& benchmark : table.benchmarks) {
        if (benchmark.name == name) return benchmark;
    }
    FAIL("no benchmark " << name);
    return table.benchmarks.front();
}

/// |got - want| <= tolerance * max(1, |want|); the failing test prints all three.
inline void check_close(double got, double want, double tolerance) {
    INFO("got " << core::shortest(got) << ", want " << core::shortest(want) << ", tolerance " << tolerance);
    CHECK(std::abs(got - want) <= tolerance * std::max(1.0, std::abs(want)));
}

inline void check_close(const std::optional<double>& got, const core::Json& want, double tolerance) {
    if (want.is_null()) {
        CHECK_FALSE(got.has_value());
        return;
    }
    REQUIRE(got.has_value());
    check_close(*got, want.get<double>(), tolerance);
}

inline void check_close(const Eigen::VectorXd& got, const core::Json& want, double tolerance) {
    REQUIRE(static_cast<std::size_t>(got.size()) == want.size());
    REQUIRE(got.size() > 0);
    for (Eigen::Index i = 0; i < got.size(); ++i)
        check_close(got[i], want[static_cast<std::size_t>(i)].get<double>(), tolerance);
}

}  // namespace lvr::test

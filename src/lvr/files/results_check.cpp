// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <tuple>

#include <lvr/core/error.hpp>
#include <lvr/files/results.hpp>

namespace lvr::files {
namespace {

[[noreturn]] void fail(const std::string& source, const std::string& problem, const std::string& remedy) {
    throw core::input_error(source + ": " + problem, "", remedy);
}

template <class Items, class Name>
void check_names(const Items& items, const std::string& what, const std::string& source, Name name_of) {
    std::set<std::string> seen;
    for (const auto& item : items) {
        const std::string name = name_of(item);
        if (name.empty()) fail(source, "a " + what + " has no name", "name it");
        if (name.find_first_of(std::string("\0\n\r", 3)) != std::string::npos) fail(source, fmt::format("the name of {} '{}' has a line end or a NUL in it", what, name), "rename it");
        if (!seen.insert(name).second) fail(source, fmt::format("{} '{}' is there twice", what, name), "keep one of them, or rename it");
    }
}

void check_numbers(const std::vector<double>& values, std::size_t size, const std::string& what, const std::string& source) {
    if (values.size() != size) fail(source, fmt::format("{} has {} entries for {} representations", what, values.size(), size), "make the file again");
    for (const double value : values) {
        if (std::isinf(value)) fail(source, what + " is infinite", "correct it, or leave it empty");
    }
}

void check_score(const Score& score, const Results& results, const std::string& source) {
    const auto representations = static_cast<std::int64_t>(results.representations.size());
    const auto benchmarks = static_cast<std::int64_t>(results.benchmarks.size());
    const bool in_range = score.representation >= 0 && score.representation < representations && score.benchmark >= 0 && score.benchmark < benchmarks;
    if (!in_range) fail(source, "a score belongs to no representation or benchmark of the file", "make the file again");
    if (!std::isfinite(score.value)) {
        fail(source, fmt::format("the score of '{}' on '{}' is not a number", results.representations[static_cast<std::size_t>(score.representation)].name,
                                 results.benchmarks[static_cast<std::size_t>(score.benchmark)].name), "correct it, or leave it out");
    }
    if (std::isinf(score.standard_error) || std::isinf(score.gpu_hours) || score.samples < 0) fail(source, "a score's error, cost or sample count is out of range", "correct it");
}

}  // namespace

void validate(const Results& r, const std::string& source) {
    const std::size_t rows = r.representations.size();
    if (rows == 0) fail(source, "has no representations: the table is empty", "add a row per representation");
    check_names(r.representations, "representation", source, [](const auto& x) { return x.name; });
    check_names(r.benchmarks, "benchmark", source, [](const auto& x) { return x.name; });
    check_names(r.alignment, "A column", source, [](const auto& x) { return x.name; });
    check_names(r.label_columns, "label column", source, [](const auto& x) { return x; });
    for (const auto& x : r.benchmarks) {
        if (x.name.find("@seed") != std::string::npos) fail(source, "benchmark '" + x.name + "' has '@seed' in its name, which marks a seed's column", "rename it");
        if (std::isinf(x.scale)) fail(source, "the scale of benchmark '" + x.name + "' is infinite", "correct it");
    }
    for (const auto& x : r.representations) {
        if (x.labels.size() != r.label_columns.size()) fail(source, "representation '" + x.name + "' lacks a label", "make the file again");
        if (std::isinf(x.gpu_hours)) fail(source, "the GPU hours of '" + x.name + "' are infinite", "correct them");
    }
    for (const auto& x : r.alignment) {
        check_numbers(x.value, rows, "A_" + x.name, source);
        check_numbers(x.standard_error, rows, "the standard error of A_" + x.name, source);
    }
    check_numbers(r.correspondence, rows, "C", source);
    check_numbers(r.correspondence_error, rows, "the standard error of C", source);
    std::set<std::tuple<std::int64_t, std::int64_t, std::optional<std::int64_t>>> seen;
    for (const auto& x : r.scores) {
        check_score(x, r, source);
        if (!seen.insert({x.representation, x.benchmark, x.seed}).second) {
            fail(source, fmt::format("the score of '{}' on '{}' is there twice for one seed", r.representations[static_cast<std::size_t>(x.representation)].name,
                                     r.benchmarks[static_cast<std::size_t>(x.benchmark)].name), "keep one of them");
        }
    }
}

}  // namespace lvr::files

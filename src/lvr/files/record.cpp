// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

void tell_of_replaced(const Measurement& known, const Measurement& now) {
    if (known.value == now.value && known.definition == now.definition) return;
    core::warn("{}: was {} ({}), is replaced by {} ({})", known.file, core::shortest(known.value),
               known.definition, core::shortest(now.value), now.definition);
}

/// Figures without a definition (a CSV's) go with any other; who mixes them should know.
void tell_of_undefined(const std::vector<Measurement>& all) {
    std::map<std::string, std::pair<int, std::string>> columns;  // undefined ones, and a definition
    for (const auto& one : all) {
        if (one.kind == "score") continue;
        auto& [undefined, definition] = columns[one.kind == "alignment" ? "A_" + one.name : "C"];
        undefined += one.definition.empty() || one.definition == "unspecified" ? 1 : 0;
        if (!one.definition.empty() && one.definition != "unspecified") definition = one.definition;
    }
    for (const auto& [column, its] : columns) {
        if (its.first > 0 && !its.second.empty())
            core::warn("{}: {} figures do not say how they were measured; the others are {}", column,
                       its.first, its.second);
    }
}

/// Scores that were got on different terms cannot be compared.
void tell_of_mixed_terms(const std::vector<Measurement>& all) {
    std::map<std::string, std::map<std::string, int>> benchmarks;  // how many on which terms
    for (const auto& one : all) {
        if (one.kind == "score" && !one.definition.empty()) ++benchmarks[one.name][one.definition];
    }
    for (const auto& [name, terms] : benchmarks) {
        if (terms.size() < 2) continue;
        std::string list;
        for (const auto& [definition, count] : terms)
            list += fmt::format("{}{} of ({})", list.empty() ? "" : ", ", count, definition);
        core::warn("{}: scores were got on different terms: {}", name, list);
    }
}

/// A contradiction in results.d would stop every rebuild to come, so it must not get there.
void expect_consistent(const fs::path& folder, const std::vector<Measurement>& measurements) {
    std::vector<Measurement> all, replaced;
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) all = read_measurements(folder);
    for (const auto& one : measurements) {
        const auto known = std::ranges::find(all, file_name_of(one), file_name_of);
        if (known != all.end()) {
            replaced.push_back(*known);
            all.erase(known);
        }
        all.push_back(one);
        all.back().file = "what is measured now";
    }
    assemble(all, folder.string());
    for (const auto& known : replaced) {
        const auto now = std::ranges::find(measurements, file_name_of(known), file_name_of);
        tell_of_replaced(known, *now);
    }
    tell_of_undefined(all);
    tell_of_mixed_terms(all);
}

}  // namespace

void expect_recordable(const fs::path& results_h5) {
    if (results_h5.extension() != ".h5")
        throw core::usage_error(results_h5.string() + ": results are kept in an HDF5 file", "",
                                "give it a name that ends in .h5, e.g. --results results.h5");
    std::error_code ignored;
    if (!fs::exists(results_h5, ignored)) return;
    std::vector<SourceFile> sources;
    read_results_h5(results_h5, &sources);
    const auto folder = folder_beside(results_h5);
    const auto is_there = [&](const SourceFile& source) { return fs::exists(folder / source.name); };
    if (std::ranges::any_of(sources, is_there)) return;
    throw core::usage_error(
        results_h5.string() + " holds results that no measurement in " + folder.string() + " stands for",
        "it is rebuilt from there, and they would be lost",
        "bring its .d folder along if it had one; else move it away and bring it in: lvr-score --import "
        "OLD.h5 --results " +
            results_h5.string());
}

void record(const fs::path& results_h5, const std::vector<Measurement>& measurements) {
    expect_recordable(results_h5);
    const auto folder = folder_beside(results_h5);
    expect_consistent(folder, measurements);
    for (const auto& measurement : measurements) write_measurement(folder, measurement);
    rebuild(results_h5);
    core::info("{}: {} measurement(s) added in {}", results_h5.string(), measurements.size(),
               folder.string());
}

}  // namespace lvr::files

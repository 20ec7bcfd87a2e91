// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/record.hpp>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>

namespace lvr::score {
namespace {

namespace fs = std::filesystem;

void expect_rebuildable(const fs::path& results_h5) {
    if (results_h5.extension() != ".h5")
        throw core::usage_error(results_h5.string() + ": results are kept in an HDF5 file", "",
                                "give it a name that ends in .h5, e.g. --results results.h5");
    std::error_code ignored;
    if (!fs::exists(results_h5, ignored)) return;
    std::vector<files::SourceFile> sources;
    files::read_results_h5(results_h5, &sources);
    if (sources.empty())
        throw core::usage_error(
            results_h5.string() + " holds results that no measurement in " +
                files::folder_beside(results_h5).string() + " stands for",
            "it is rebuilt from there, and they would be lost",
            "move it away and bring it in: lvr-score --import OLD.h5 --results " + results_h5.string());
}

}  // namespace

void record(const fs::path& results_h5, const std::vector<files::Measurement>& measurements) {
    expect_rebuildable(results_h5);
    for (const auto& measurement : measurements)
        files::write_measurement(files::folder_beside(results_h5), measurement);
    files::rebuild(results_h5);
    core::info("{}: {} measurement(s) added in {}", results_h5.string(), measurements.size(),
               files::folder_beside(results_h5).string());
}

}  // namespace lvr::score

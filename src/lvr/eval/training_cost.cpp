// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/training_cost.hpp>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/results.hpp>

namespace lvr::eval {

double training_gpu_hours(const std::filesystem::path& folder) {
    double hours = 0;
    for (const char* const stage : {"align", "finetune"}) {
        const auto file = folder / stage / "cost.json";
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) return files::k_not_measured;
        const auto cost = core::parse_json(core::read_text(file), file.string());
        const auto its = cost.is_object() ? cost.value("gpu_hours", core::Json()) : core::Json();
        if (!its.is_number()) return files::k_not_measured;
        hours += its.get<double>();
    }
    return hours;
}

}  // namespace lvr::eval

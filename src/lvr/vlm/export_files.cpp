// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/export_files.hpp>

#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>

namespace lvr::vlm {

void take_over(const std::filesystem::path& from, const std::filesystem::path& to) {
    files::write_text(to, core::read_text(from));
}

std::string type_name(at::ScalarType dtype) {
    return dtype == at::kBFloat16 ? "bfloat16" : dtype == at::kHalf ? "float16" : "float32";
}

}  // namespace lvr::vlm

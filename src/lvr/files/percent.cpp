// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "percent.hpp"

namespace lvr::files {

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view digits = text.substr(at).substr(1, 2);
        unsigned byte = 0;
        const char* const last = digits.data() + digits.size();
        const bool is_code = text[at] == '%' && digits.size() == 2 &&
                             std::from_chars(digits.data(), last, byte, 16).ptr == last;
        out += is_code ? static_cast<char>(byte) : text[at];
        if (is_code) at += 2;
    }
    return out;
}

}  // namespace lvr::files

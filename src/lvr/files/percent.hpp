// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lvr::files {

/// Each byte of `text` for which `plain` is false as "%XX".
template <class Plain>
std::string percent_encoded(std::string_view text, Plain plain) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (plain(letter)) {
            out += letter;
        } else {
            out += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return out;
}

/// The reverse; what is not "%XX" stays as it is.
std::string percent_decoded(std::string_view text);

}  // namespace lvr::files

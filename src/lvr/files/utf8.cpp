// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/utf8.hpp>

#include <array>

namespace lvr::files {
namespace {

struct Lead {
    unsigned char first, last;  // of the lead byte
    unsigned char low, high;    // of the byte behind it
    std::size_t length;
};

constexpr std::array<Lead, 9> k_leads = {{{0x01, 0x7F, 0, 0, 1},
                                          {0xC2, 0xDF, 0x80, 0xBF, 2},
                                          {0xE0, 0xE0, 0xA0, 0xBF, 3},
                                          {0xE1, 0xEC, 0x80, 0xBF, 3},
                                          {0xED, 0xED, 0x80, 0x9F, 3},
                                          {0xEE, 0xEF, 0x80, 0xBF, 3},
                                          {0xF0, 0xF0, 0x90, 0xBF, 4},
                                          {0xF1, 0xF3, 0x80, 0xBF, 4},
                                          {0xF4, 0xF4, 0x80, 0x8F, 4}}};

/// @return the length of the character that the text starts with, 0 if that is none
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (const auto& lead : k_leads) {
        if (byte(0) < lead.first || byte(0) > lead.last || lead.length > text.size()) continue;
        if (lead.length > 1 && (byte(1) < lead.low || byte(1) > lead.high)) return 0;
        for (std::size_t i = 2; i < lead.length; ++i) {
            if ((byte(i) & 0xC0) != 0x80) return 0;
        }
        return lead.length;
    }
    return 0;
}

}  // namespace

std::size_t first_bad_byte(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = character_length(text.substr(at));
        if (length == 0) return at;
        at += length;
    }
    return std::string_view::npos;
}

std::string shown(std::string_view text, std::size_t most) {
    std::string out(text.substr(0, most));
    if (text.size() > most) {
        while (!out.empty() && (static_cast<unsigned char>(text[out.size()]) & 0xC0) == 0x80) out.pop_back();
        out += "...";
    }
    for (char& letter : out) {
        if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F) letter = '?';
    }
    return out;
}

}  // namespace lvr::files

// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/display_width.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace lvr::core {
namespace {

struct Block {
    std::uint32_t first, last;
};

constexpr std::array k_no_width = {Block{0x0300, 0x036F}, Block{0x0483, 0x0489}, Block{0x0591, 0x05BD},
                                   Block{0x064B, 0x065F}, Block{0x1AB0, 0x1AFF}, Block{0x1DC0, 0x1DFF},
                                   Block{0x200B, 0x200F}, Block{0x202A, 0x202E}, Block{0x2060, 0x2064},
                                   Block{0x20D0, 0x20F0}, Block{0xFE00, 0xFE0F}, Block{0xFE20, 0xFE2F},
                                   Block{0xFEFF, 0xFEFF}};
constexpr std::array k_double_width = {
    Block{0x1100, 0x115F},   Block{0x2E80, 0x303E},   Block{0x3041, 0x33FF},   Block{0x3400, 0x4DBF},
    Block{0x4E00, 0x9FFF},   Block{0xA000, 0xA4CF},   Block{0xA960, 0xA97F},   Block{0xAC00, 0xD7A3},
    Block{0xF900, 0xFAFF},   Block{0xFE30, 0xFE6F},   Block{0xFF00, 0xFF60},   Block{0xFFE0, 0xFFE6},
    Block{0x1F300, 0x1F64F}, Block{0x1F680, 0x1F6FF}, Block{0x1F900, 0x1F9FF}, Block{0x20000, 0x3FFFD}};

template <class Blocks>
bool is_in(const Blocks& blocks, std::uint32_t code) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const Block& block) { return code >= block.first && code <= block.last; });
}

/// Takes one character off the front. Broken sequences give their first byte alone.
std::uint32_t next_code(std::string_view& text) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t lead = byte(0);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    std::uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size() || (byte(i) & 0xC0U) != 0x80U) {
            text.remove_prefix(1);
            return '?';
        }
        code = code << 6U | (byte(i) & 0x3FU);
    }
    text.remove_prefix(length);
    return code;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const std::uint32_t code = next_code(text);
        width += is_in(k_double_width, code) ? 2 : is_in(k_no_width, code) ? 0 : 1;
    }
    return width;
}

}  // namespace lvr::core

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "drive.hpp"

namespace lvr::fuzz {

/// Reads decisions off an input; an input that has ended decides for 0.
class Choices {
  public:
    explicit Choices(Bytes bytes) : bytes_(bytes) {}

    bool any_left() const { return at_ < bytes_.size(); }
    std::uint8_t byte() { return any_left() ? bytes_[at_++] : std::uint8_t{0}; }
    std::size_t below(std::size_t bound) { return byte() % bound; }

    template <class T>
    T raw() {
        T value{};
        for (std::size_t i = 0; i < sizeof(T); ++i) reinterpret_cast<std::uint8_t*>(&value)[i] = byte();
        return value;
    }

    double number() {
        switch (below(6)) {
            case 0:
                return std::numeric_limits<double>::quiet_NaN();
            case 1:
                return raw<double>();
            case 2:
                return raw<std::int16_t>();
            case 3:
                return raw<std::int16_t>() / 100.0;
            case 4:
                return -0.0;
            default:
                return static_cast<double>(byte());
        }
    }

    /// Mostly short and plain, sometimes anything.
    std::string text() {
        static constexpr const char* k_plain[] = {"",    "a",   "b",     "CLIP@336", "loglik",
                                                  "mme", "x,y", "\"q\"", "#c"};
        if (const std::size_t which = below(12); which < std::size(k_plain)) return k_plain[which];
        std::string out(below(20), '\0');
        for (char& letter : out) letter = std::bit_cast<char>(byte());
        return out;
    }

  private:
    Bytes bytes_;
    std::size_t at_ = 0;
};

}  // namespace lvr::fuzz

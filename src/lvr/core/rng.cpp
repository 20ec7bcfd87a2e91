// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/rng.hpp>

#include <cmath>
#include <numbers>

#include <lvr/core/error.hpp>

namespace lvr::core {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = 0xD2511F53ULL * c[0];
        const std::uint64_t p1 = 0xCD9E8D57ULL * c[2];
        c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
             static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
        k = {k[0] + 0x9E3779B9U, k[1] + 0xBB67AE85U};
    }
    return c;
}

std::uint64_t hash64(std::string_view bytes, std::uint64_t hash) {
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

KeyedRng::KeyedRng(std::uint64_t seed, std::initializer_list<std::string_view> key, std::uint64_t index)
    : index_(index) {
    std::uint64_t hash = hash64({reinterpret_cast<const char*>(&seed), sizeof seed});
    for (const auto part : key) {
        hash = hash64(part, hash);
        hash = hash64(std::string_view("\0", 1), hash);  // {"ab","c"} is not {"a","bc"}
    }
    key_ = {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32)};
}

std::uint64_t KeyedRng::next() {
    if (left_ == 0) {
        const auto words =
            philox4x32({static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32),
                        static_cast<std::uint32_t>(index_), static_cast<std::uint32_t>(index_ >> 32)},
                       key_);
        ++block_;
        words_ = {words[0] | static_cast<std::uint64_t>(words[1]) << 32,
                  words[2] | static_cast<std::uint64_t>(words[3]) << 32};
        left_ = 2;
    }
    return words_[2 - left_--];
}

double KeyedRng::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double KeyedRng::normal() {
    if (has_spare_) {
        has_spare_ = false;
        return spare_normal_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    spare_normal_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
}

std::uint64_t KeyedRng::below(std::uint64_t bound) {
    ensure(bound > 0, "a random number below 0");
    const std::uint64_t limit = -bound % bound;  // 2^64 mod bound: draws below it would be biased
    std::uint64_t draw = next();
    while (draw < limit) draw = next();
    return draw % bound;
}

}  // namespace lvr::core

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace lvr::core {

/// One block of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// 64-bit FNV-1a of the bytes, for keys (not for integrity).
std::uint64_t hash64(std::string_view bytes, std::uint64_t start = 0xcbf29ce484222325ULL);

/// Random numbers keyed by what they are for, never by who draws them or when: equal (seed, key, index) give
/// equal numbers on any number of ranks, in any order.
class KeyedRng {
  public:
    /// @param seed  the user's seed
    /// @param key   what the numbers are for, e.g. {"bootstrap", "seed_image", "AC_quadratic"}
    /// @param index which draw, e.g. the number of the resample
    KeyedRng(std::uint64_t seed, std::initializer_list<std::string_view> key, std::uint64_t index = 0);

    std::uint64_t next();                      ///< 64 uniform bits
    double uniform();                          ///< uniform in [0, 1), 53 bits
    double normal();                           ///< standard normal (Box-Muller)
    std::uint64_t below(std::uint64_t bound);  ///< uniform in [0, bound), unbiased; bound > 0

    /// Fisher-Yates, in place.
    template <class Container>
    void shuffle(Container& items) {
        for (std::uint64_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
    }

  private:
    std::array<std::uint32_t, 2> key_{};
    std::uint64_t index_ = 0;
    std::uint64_t block_ = 0;
    std::array<std::uint64_t, 2> words_{};
    int left_ = 0;
    double spare_normal_ = 0;
    bool has_spare_ = false;
};

}  // namespace lvr::core

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace lvr::tasks::python {

/// Python's random.Random: MT19937 (Matsumoto and Nishimura 1998), seeded with its init_by_array by the
/// 32-bit words of the seed. Where the reference guesses an answer, this makes the same guess.
class Random {
  public:
    explicit Random(std::uint64_t seed);

    /// getrandbits(count). @param count 1 to 32
    std::uint32_t bits(int count);
    /// The position that choice() takes among `count`; randint(0, count - 1). A draw is made even where there
    /// is but one. @throws core::Error (internal) if count is 0
    std::uint32_t below(std::uint32_t count);

  private:
    std::uint32_t next();
    void mix();

    std::array<std::uint32_t, 624> state_{};
    std::size_t used_ = 624;
};

}  // namespace lvr::tasks::python

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lvr::core {

using Sha256State = std::array<std::uint32_t, 8>;

extern const std::array<std::uint32_t, 64> k_sha256_rounds;

/// Takes `count` blocks of 64 bytes into the state (FIPS 180-4, 6.2.2).
using Sha256Blocks = void (*)(Sha256State& state, const unsigned char* blocks, std::size_t count);

void sha256_blocks_portable(Sha256State& state, const unsigned char* blocks, std::size_t count);

/// The same with the processor's own instructions; nullptr where it has none.
Sha256Blocks sha256_blocks_of_processor();

}  // namespace lvr::core

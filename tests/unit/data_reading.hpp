// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>

namespace lvr::test {

inline std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

/// Why an image cannot be read; it fails the test if it can.
inline data::ImageError::Reason reason_of(const data::ImageReader& reader, std::int64_t index) {
    try {
        reader.bytes(index);
    } catch (const data::ImageError& error) {
        return error.reason();
    }
    FAIL("image " << index << " was read");
    return data::ImageError::Reason::empty;
}

}  // namespace lvr::test

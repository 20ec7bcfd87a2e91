// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace lvr::data {

/// A column that somebody needs of a dataset of questions, and as what.
struct ColumnSpec {
    enum class Kind : std::uint8_t { text, integer, texts, picture, pictures };

    std::string name;
    Kind kind = Kind::text;
    bool optional = false;  ///< the column may be absent, and its cells may be null
};

}  // namespace lvr::data

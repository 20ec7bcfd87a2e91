// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <lvr/files/features.hpp>

namespace lvr::score {

/// What one file of features holds: equal for all files of a folder.
struct ArrayForm {
    std::string dtype;  ///< "float16", "bfloat16", "float32" or "float64"
    std::vector<std::int64_t> shape;
    friend bool operator==(const ArrayForm&, const ArrayForm&) = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& dtype& shape;
    }
};

/// "float32 [1, 48, 16, 16]"
std::string text_of(const ArrayForm& form);

/// An array as T tokens of D channels: those of a map [C, P, Q] row by row, or as they are.
struct TokenForm {
    files::StorageType type = files::StorageType::float32;  ///< float64 is stored as float32
    std::int64_t rows = 0, columns = 1, channels = 0;       ///< columns is 1 where there is no map
    bool is_map = false;

    std::int64_t tokens() const { return rows * columns; }
    std::int64_t bytes() const;  ///< of one image's tokens as they are stored
};

/// @param file for messages
/// @throws Error (input) unless the shape is [C, P, Q], [1, C, P, Q], [T, D] or [1, T, D] (C > 1), not empty
TokenForm token_form(const ArrayForm& form, const std::string& file);

/// One open file of features: a .npy array or a .pt tensor, chosen by its extension.
class FeatureArray {
  public:
    /// Reads what kind of array it is, not its values. @throws Error (input) naming the file
    explicit FeatureArray(std::string file);
    ~FeatureArray();
    FeatureArray(FeatureArray&&) noexcept;
    FeatureArray& operator=(FeatureArray&&) noexcept;

    const ArrayForm& form() const;

    /// Its tokens [T, D], little-endian. @param tokens_TD of token_form(form()).bytes() bytes
    /// @throws Error (input) naming the file: it cannot be read, or a value is not finite, or too large for
    /// float32
    void read_tokens(std::span<std::byte> tokens_TD) const;

  private:
    struct Content;
    std::unique_ptr<Content> content_;
};

}  // namespace lvr::score

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/data/llava_list.hpp>
#include <lvr/encoders/encoder.hpp>

#include "source_tree.hpp"

namespace lvr::test {

/// Pictures that can be decoded, by their names in tests/golden/images.
extern const std::vector<std::string> k_pictures;

std::filesystem::path golden_images();

/// tests/golden/llava/llama/clip: 9 tokens of 24 channels.
std::shared_ptr<const encoders::Encoder> tiny_encoder();

/// A sample of {"human", question}, {"gpt", answer}, ... in turn. @param image empty: text only
core::Json talk(const std::string& image, const std::vector<std::string>& turns);

/// A question about a picture, or without one, of lengths that depend on the number.
core::Json sound_talk(std::int64_t number, bool with_image);

/// A list of samples as a file of its own.
class ListFile {
  public:
    explicit ListFile(const std::vector<core::Json>& samples);
    /// @param text of the whole list
    explicit ListFile(const std::string& text);

    data::LlavaIndex index() const { return data::index_llava(file()); }
    std::string file() const { return (tree_.root() / "list.json").string(); }

  private:
    TemporaryTree tree_;
};

}  // namespace lvr::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/data/regex.hpp>
#include <lvr/data/tokenizer_settings.hpp>

namespace lvr::data {

/// How a byte-level BPE cuts a text into words: Split, Digits and, at last, ByteLevel.
class PreTokenizer {
  public:
    /// @param json the "pre_tokenizer" of a tokenizer.json; @param file named in messages
    /// @throws core::Error (input) if it asks for anything else, or in another order
    PreTokenizer(const TokenizerJson& json, const std::string& file);

    /// Whether a text gets a space in front, unless it begins with one.
    bool adds_space() const { return adds_space_; }

    /// Appends the words: parts of the text, none empty. @param text UTF-8
    void split(std::string_view text, std::vector<std::string_view>& words) const;

  private:
    using Step = std::function<void(std::string_view, std::vector<std::string_view>&)>;

    void read(const TokenizerJson& json, const std::string& file, int depth);
    void read_split(const TokenizerJson& json, const std::string& file);
    void read_digits(const TokenizerJson& json, const std::string& file);
    void read_byte_level(const TokenizerJson& json, const std::string& file);

    std::vector<Step> steps_;
    bool adds_space_ = false, ends_in_bytes_ = false;
};

}  // namespace lvr::data

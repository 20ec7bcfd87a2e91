// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lvr::data {

/// A token that is found in the text as it is written, before the vocabulary is asked.
struct AddedToken {
    std::int64_t id = 0;
    std::string content;
    bool special = false;      ///< left out by decode(skip_special)
    bool left_strip = false;   ///< takes the white space before it along
    bool right_strip = false;  ///< takes the white space behind it along
    bool single_word = false;  ///< only where no letter or digit touches it
    bool normalised = false;   ///< looked for in the normalised text
};

/// A part of a text: an added token, or what stands between two.
struct TextSection {
    std::string_view text;
    const AddedToken* token = nullptr;
};

/// The added tokens of one tokenizer.
class AddedTokens {
  public:
    /// @param file named in messages
    /// @throws core::Error (input) if two have one id, or one content two ids, or a content is empty
    void add(AddedToken token, const std::string& file);

    const AddedToken* find(std::int64_t id) const;
    const AddedToken* find(std::string_view content) const;
    const std::map<std::int64_t, AddedToken>& by_id() const { return by_id_; }

  private:
    std::map<std::int64_t, AddedToken> by_id_;
    std::map<std::string, std::int64_t, std::less<>> ids_;
};

/// Finds added tokens in texts: the leftmost, of those the longest. Nothing of it is empty but by stripping.
class TokenFinder {
  public:
    /// @param pattern what is looked for; @param token must outlive the finder
    void look_for(std::string pattern, const AddedToken* token);

    /// Appends the sections of `text`; none for an empty one. @param text must be UTF-8
    void split(std::string_view text, std::vector<TextSection>& sections) const;

  private:
    struct Pattern {
        std::string text;
        const AddedToken* token = nullptr;
    };
    const Pattern* at(std::string_view text) const;

    std::array<std::vector<Pattern>, 256> by_first_byte_;  // the longest first
};

}  // namespace lvr::data

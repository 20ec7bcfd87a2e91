// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/tasks/score.hpp>

namespace lvr::tasks {

/// A question's member. @throws core::Error (input) naming it, if it has none of that name
const core::Json& member(const Document& document, std::string_view name);

/// @throws core::Error (input) naming the member, if it is missing or no text
const std::string& text_member(const Document& document, std::string_view name);

/// text_member() for many documents: remembers where the member stood last, which is where most have it.
class TextMember {
  public:
    explicit TextMember(std::string_view name) : name_(name) {}

    /// @throws core::Error (input) as text_member()
    const std::string& of(const Document& document);

  private:
    std::string_view name_;
    std::size_t place_ = 0;
};

/// As Python writes it into a text: None, 5. @throws core::Error (input) if it is missing, a list or an
/// object
std::string shown_member(const Document& document, std::string_view name);

/// @throws core::Error (input) naming the member, if it is missing or no list of texts
std::vector<std::string> texts_member(const Document& document, std::string_view name);

/// "A. first\nB. second"
std::string lettered(std::span<const std::string> options);
/// The letter of a position, as Python's chr(ord("A") + position).
std::string letter_of(std::size_t position);

}  // namespace lvr::tasks

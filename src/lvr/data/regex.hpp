// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lvr::data {

/// A regular expression of Oniguruma in Ruby's syntax, the engine of the Python tokenizers. Searching is
/// const and may be done from several threads at once.
class Regex {
  public:
    /// @param what names where the pattern stands, for messages
    /// @throws core::Error (input) if it is no pattern
    Regex(const std::string& pattern, std::string what);

    struct Match {
        std::size_t begin = 0, end = 0;
    };
    /// All matches from left to right, none overlapping another. @param text must be UTF-8
    /// @throws core::Error (input) if the search takes too much
    void find_all(std::string_view text, std::vector<Match>& matches) const;

  private:
    std::string what_;
    std::shared_ptr<void> pattern_;
};

}  // namespace lvr::data

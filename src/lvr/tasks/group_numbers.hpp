// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lvr::tasks {

/// Numbers names from 0 in the order of their first appearance. The names must outlive it.
class GroupNumbers {
  public:
    /// @param most how many names there may be
    explicit GroupNumbers(std::size_t most);

    std::size_t number_of(std::string_view name);
    std::size_t size() const { return names_.size(); }

  private:
    std::vector<std::string_view> names_;
    std::vector<std::uint32_t> slots_;  ///< number + 1; 0: free
    std::size_t mask_;
};

}  // namespace lvr::tasks

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <lvr/core/error.hpp>

namespace lvr::tasks {

/// Data on which the reference stops with an exception: an error of the input with its name.
class ReferenceError : public core::Error {
  public:
    /// @param exception Python's name: "AssertionError"
    ReferenceError(std::string_view exception, const std::string& problem, const std::string& why = "",
                   const std::string& remedy = "check the data set: it is not as published")
        : core::Error(core::ErrorKind::input, problem, why, remedy), exception_(exception) {}

    const std::string& exception() const { return exception_; }

  private:
    std::string exception_;
};

}  // namespace lvr::tasks

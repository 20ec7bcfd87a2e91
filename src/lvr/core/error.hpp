// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace lvr::core {

/// What went wrong, seen from the user. Each kind has one exit status (lvr/run/exit_codes.hpp).
enum class ErrorKind { usage, input, output, resource, interrupted, internal };

/// A failure that the user can act on. One grammar: the problem, why it matters, what to do.
class Error : public std::runtime_error {
  public:
    /// @param problem what is wrong, naming the file, row, key or rank
    /// @param why     why that matters (may be empty)
    /// @param remedy  what to do about it (may be empty)
    Error(ErrorKind kind, const std::string& problem, const std::string& why = "",
          const std::string& remedy = "");

    ErrorKind kind() const { return kind_; }

  private:
    ErrorKind kind_;
};

/// The user's command or configuration is wrong.
Error usage_error(const std::string& problem, const std::string& why = "", const std::string& remedy = "");
/// A file that we read is missing or wrong.
Error input_error(const std::string& problem, const std::string& why = "", const std::string& remedy = "");
/// A file cannot be written.
Error output_error(const std::string& problem, const std::string& why = "", const std::string& remedy = "");

/// For conditions that only a defect of ours can break: throws an Error of kind internal.
void ensure(bool condition, const char* what);

}  // namespace lvr::core

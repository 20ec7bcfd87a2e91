// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <lvr/core/json.hpp>

namespace lvr::weights {

/// The keys of a model's config.json, each read as what it must be. A key that is null is as good as absent.
class ConfigKeys {
  public:
    /// @param json must outlive the keys @param where the file, for messages
    /// @throws Error (input) if it is no JSON object
    ConfigKeys(const core::Json& json, std::string where);

    bool has(const std::string& key) const;
    /// @throws Error (input) naming file and key, here and below, if the value is of another type or
    /// senseless
    bool flag(const std::string& key, bool otherwise) const;
    /// A whole number from 0 to 2^20, the most that any size can be.
    std::int64_t count(const std::string& key, std::int64_t otherwise) const;
    double real(const std::string& key, double otherwise) const;
    /// A number of pixels on a side, or a list of two that agree.
    std::int64_t side(const std::string& key, std::int64_t otherwise) const;
    std::string text(const std::string& key, const std::string& otherwise) const;

    /// @throws Error (input), also if the key is absent
    std::int64_t needed_count(const std::string& key) const;
    double needed_real(const std::string& key) const;
    std::string needed_text(const std::string& key) const;

    const std::string& where() const { return where_; }

    /// @param problem what the key's value is, as in "hidden_size is not a number"
    [[noreturn]] void fail(const std::string& key, const std::string& problem) const;

  private:
    void demand(const std::string& key) const;

    const core::Json& json_;
    std::string where_;
};

}  // namespace lvr::weights

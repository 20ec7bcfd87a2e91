// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/config_keys.hpp>

#include <fmt/format.h>

#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::weights {
namespace {

constexpr std::int64_t k_most = 1 << 20;  // of any size in a config.json; more is damage

}  // namespace

ConfigKeys::ConfigKeys(const core::Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) fail("the content", "not an object");
}

bool ConfigKeys::has(const std::string& key) const { return json_.contains(key) && !json_.at(key).is_null(); }

bool ConfigKeys::flag(const std::string& key, bool otherwise) const {
    if (!has(key)) return otherwise;
    if (!json_.at(key).is_boolean()) fail(key, "neither true nor false");
    return json_.at(key).get<bool>();
}

std::int64_t ConfigKeys::count(const std::string& key, std::int64_t otherwise) const {
    if (!has(key)) return otherwise;
    const core::Json& value = json_.at(key);
    if (!value.is_number_integer() || value < 0 || value > k_most) fail(key, "not a sensible whole number");
    return value.get<std::int64_t>();
}

double ConfigKeys::real(const std::string& key, double otherwise) const {
    if (!has(key)) return otherwise;
    if (!json_.at(key).is_number()) fail(key, "not a number");
    return json_.at(key).get<double>();
}

std::int64_t ConfigKeys::side(const std::string& key, std::int64_t otherwise) const {
    if (!has(key) || !json_.at(key).is_array()) return count(key, otherwise);
    const core::Json& sides = json_.at(key);
    const bool is_square = sides.size() == 2 && sides[0] == sides[1] && sides[0].is_number_integer() &&
                           sides[0] >= 0 && sides[0] <= k_most;
    if (!is_square) fail(key, "neither a number nor two equal ones");
    return sides[0].get<std::int64_t>();
}

std::string ConfigKeys::text(const std::string& key, const std::string& otherwise) const {
    if (!has(key)) return otherwise;
    if (!json_.at(key).is_string()) fail(key, "not a text");
    return json_.at(key).get<std::string>();
}

void ConfigKeys::demand(const std::string& key) const {
    if (!has(key)) fail(key, "missing");
}

std::int64_t ConfigKeys::needed_count(const std::string& key) const {
    demand(key);
    return count(key, 0);
}

double ConfigKeys::needed_real(const std::string& key) const {
    demand(key);
    return real(key, 0);
}

std::string ConfigKeys::needed_text(const std::string& key) const {
    demand(key);
    return text(key, "");
}

void ConfigKeys::fail(const std::string& key, const std::string& problem) const {
    throw core::input_error(fmt::format("{}: {} is {}", where_, key, problem), "the model cannot be built",
                            "restore the snapshot's own config.json");
}

}  // namespace lvr::weights

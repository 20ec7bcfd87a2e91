// SPDX-License-Identifier: Apache-2.0
#include "a_score_golden.hpp"

#include <ATen/ops/empty.h>

#include <lvr/core/text_file.hpp>

namespace lvr::test {
namespace {

std::uint64_t splitmix64(std::uint64_t x) {
    std::uint64_t z = x + 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

double hashed(std::int64_t r, std::int64_t image, std::int64_t token, std::int64_t channel) {
    const auto place = static_cast<std::uint64_t>(((r * 1000 + image) * 1000 + token) * 1000 + channel);
    return static_cast<double>(splitmix64(place) >> 41) * 0x1p-22 - 1;
}

}  // namespace

at::Tensor golden_tokens(const GoldenTokens& representation, std::int64_t image, std::int64_t channels) {
    auto values = at::empty({representation.tokens, channels}, at::kFloat);
    auto* value = values.mutable_data_ptr<float>();
    for (std::int64_t t = 0; t < representation.tokens; ++t) {
        for (std::int64_t c = 0; c < channels; ++c)
            *value++ =
                static_cast<float>(hashed(representation.number, image, t, c) + hashed(99, image, t % 16, c));
    }
    return values;
}

core::Json golden_json(const std::string& name) {
    const std::string file = std::string(LVR_SOURCE_DIR) + "/tests/golden/" + name;
    return core::parse_json(core::read_text(file), file);
}

at::Tensor matrix(const core::Json& rows) {
    auto values = at::empty(
        {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size())}, at::kFloat);
    auto* value = values.mutable_data_ptr<float>();
    for (const auto& row : rows) {
        for (const auto& one : row) *value++ = one.get<float>();
    }
    return values;
}

}  // namespace lvr::test

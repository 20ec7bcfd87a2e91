// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "a_score_golden.hpp"

namespace lvr::test {

/// A feature folder of the golden's generator. Options:
///   channels=64 images=100 shard=7 type=float32
///   shift=0   so many places round, the images are listed in another order
///   drop=ID twice=ID status=ID nan=ID   without that image, with it again, not read, with a NaN in it
/// Image i is "class/i.jpg".
struct GoldenFolder {
    std::string folder;
    GoldenTokens tokens;
    std::map<std::string, std::string> options = {};

    std::int64_t number(const std::string& key) const;
    bool is(const std::string& key, const std::string& id) const;
};

void write_golden_folder(const GoldenFolder& wanted);

}  // namespace lvr::test

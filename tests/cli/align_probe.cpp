// SPDX-License-Identifier: Apache-2.0
// align_probe FOLDER NUMBER TOKENS [KEY=VALUE...]: a feature folder of the golden's generator (number: its
// r).
//   channels=64 images=100 shard=7 type=float32
//   shift=0        so many places round, the images are listed in another order
//   drop=ID twice=ID status=ID nan=ID   without that image, with it again, not read, with a NaN in it
#include <ATen/core/Tensor.h>

#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "unit/a_score_golden.hpp"

using namespace lvr;

namespace {

struct Wanted {
    std::string folder;
    test::GoldenTokens tokens;
    std::map<std::string, std::string> options = {
        {"channels", "64"}, {"images", "100"}, {"shard", "7"}, {"type", "float32"}, {"shift", "0"}};

    std::int64_t number(const std::string& key) const { return std::stoll(options.at(key)); }
    bool is(const std::string& key, const std::string& id) const {
        return options.contains(key) && options.at(key) == id;
    }
};

std::string id_of(std::int64_t image) { return "class/" + std::to_string(image) + ".jpg"; }

std::vector<std::int64_t> images_of(const Wanted& wanted) {
    std::vector<std::int64_t> images;
    const auto count = wanted.number("images");
    for (std::int64_t i = 0; i < count; ++i) {
        const auto image = 1 + (i + wanted.number("shift")) % count;
        if (wanted.is("drop", id_of(image))) continue;
        images.push_back(image);
        if (wanted.is("twice", id_of(image))) images.push_back(image);
    }
    return images;
}

void write_part(const Wanted& wanted, const std::vector<std::int64_t>& images, std::int64_t shard) {
    files::FeaturePart part;
    part.type = files::storage_type(wanted.options.at("type"));
    part.tokens = wanted.tokens.tokens;
    part.channels = wanted.number("channels");
    const auto type = part.type == files::StorageType::float32   ? at::kFloat
                      : part.type == files::StorageType::float16 ? at::kHalf
                                                                 : at::kBFloat16;
    std::vector<std::byte> values;
    const auto size = wanted.number("shard"), count = static_cast<std::int64_t>(images.size());
    for (auto i = shard * size; i < std::min(count, (shard + 1) * size); ++i) {
        const auto id = id_of(images[static_cast<std::size_t>(i)]);
        auto tokens = test::golden_tokens(wanted.tokens, images[static_cast<std::size_t>(i)], part.channels);
        if (wanted.is("nan", id)) tokens[0][0].fill_(NAN);
        tokens = tokens.to(type);
        const auto* bytes = static_cast<const std::byte*>(tokens.const_data_ptr());
        values.insert(values.end(), bytes, bytes + tokens.nbytes());
        part.image_ids.push_back(id);
        part.status.push_back(wanted.is("status", id) ? 3 : 0);
        part.reasons.emplace_back(wanted.is("status", id) ? "cut short" : "");
        ++part.images;
    }
    part.values = values;
    part.provenance = {{"config", {{"r", wanted.tokens.number}}}};
    files::write_feature_part(std::filesystem::path(wanted.folder) / files::part_name(shard), part);
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 4) return 2;
    Wanted wanted{argv[1], {"", std::stoll(argv[2]), std::stoll(argv[3])}};
    for (int i = 4; i < argc; ++i) {
        const std::string word = argv[i];
        wanted.options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    const auto images = images_of(wanted);
    files::ShardManifest manifest;
    manifest.identity = {{"r", wanted.tokens.number}};
    manifest.items = static_cast<std::int64_t>(images.size());
    manifest.shard_size = wanted.number("shard");
    std::filesystem::create_directories(wanted.folder);
    files::write_manifest(wanted.folder, manifest);
    for (std::int64_t shard = 0; shard < manifest.shards(); ++shard) write_part(wanted, images, shard);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
}

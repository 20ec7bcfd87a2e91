// SPDX-License-Identifier: Apache-2.0
// align_probe FOLDER NUMBER TOKENS [KEY=VALUE...]: a feature folder as unit/golden_folder.hpp has it (number:
// the generator's r).
#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include <lvr/files/caption_loglik.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "unit/golden_folder.hpp"

namespace {

void write_loglik(const std::filesystem::path& folder, std::int64_t count) {
    constexpr std::int64_t k_shard = 4;
    std::filesystem::create_directories(folder);
    lvr::files::write_manifest(folder, {{{"model", "m"}}, count, k_shard});
    for (std::int64_t first = 0; first < count; first += k_shard) {
        lvr::files::CaptionLoglik pairs;
        for (auto i = first + 1; i <= std::min(count, first + k_shard); ++i) {
            pairs.image_ids.push_back(std::to_string(i) + ".jpg");
            pairs.tokens.push_back(i);
            pairs.log_likelihood.push_back(-0.25 * static_cast<double>(i * i));
        }
        lvr::files::write_caption_loglik_part(folder / lvr::files::part_name(first / k_shard), pairs);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 4) return 2;
    if (std::string(argv[1]) == "loglik") {
        write_loglik(argv[2], std::stoll(argv[3]));
        return 0;
    }
    lvr::test::GoldenFolder wanted{argv[1], {"", std::stoll(argv[2]), std::stoll(argv[3])}};
    for (int i = 4; i < argc; ++i) {
        const std::string word = argv[i];
        wanted.options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    lvr::test::write_golden_folder(wanted);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
}

// SPDX-License-Identifier: Apache-2.0
// tokens FOLDER TEXTS.json: for each line on stdin encodes every text by the folder's tokenizer, with one
// just opened, and says the processor seconds, how many ids there were and a hash of them. Driven by
// tokens.py.
#include <fmt/format.h>

#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/tokenizer.hpp>

using namespace lvr;

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const auto texts = core::parse_json(core::read_text(argv[2]), argv[2]).get<std::vector<std::string>>();
    std::cout << "ready\n" << std::flush;
    for (std::string line; std::getline(std::cin, line);) {
        const auto tokenizer = data::open_tokenizer(argv[1]);
        std::size_t count = 0;
        std::uint32_t hash = 2166136261U;
        std::clock_t ticks = 0;
        for (const auto& text : texts) {
            const auto start = std::clock();
            const auto ids = tokenizer->encode(text, true);
            ticks += std::clock() - start;
            count += ids.size();
            for (const auto id : ids) hash = (hash ^ static_cast<std::uint32_t>(id)) * 16777619U;
        }
        std::cout << fmt::format("{} {} {}\n", static_cast<double>(ticks) / CLOCKS_PER_SEC, count, hash)
                  << std::flush;
    }
}

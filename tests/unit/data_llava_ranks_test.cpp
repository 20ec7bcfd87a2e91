// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include <lvr/data/llava_list.hpp>

#include "source_tree.hpp"
#include "world.hpp"

using namespace lvr;

TEST_CASE("one rank reads a list, every rank its samples", "[data][mpi]") {
    const auto& world = test::world();
    constexpr std::int64_t k_samples = 11;
    std::unique_ptr<test::TemporaryTree> tree;
    data::LlavaIndex index;
    if (world.rank() == 0) {
        std::string lines;
        for (std::int64_t i = 0; i < k_samples; ++i)
            lines += R"({"image": "a.jpg", "conversations": [{"from": "human", "value": "<image>"}, )"
                     R"({"from": "gpt", "value": ")" +
                     std::to_string(i) + "\"}]}\n";
        tree = std::make_unique<test::TemporaryTree>();
        tree->write("l.jsonl", lines);
        index = data::index_llava((tree->root() / "l.jsonl").string());
    }
    world.broadcast(index);
    const data::LlavaList list(index);
    std::int64_t read = 0;
    for (std::int64_t i = world.rank(); i < list.index().size(); i += world.size(), ++read)
        CHECK(list.read(i).turns.at(1).value == std::to_string(i));
    world.sum({&read, 1});
    CHECK(read == k_samples);
    CHECK(index.modality_lengths() == std::vector<std::int64_t>(k_samples, 2));
    world.barrier();
}

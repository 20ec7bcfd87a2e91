// SPDX-License-Identifier: Apache-2.0
// Files of weights that we write, against those that Python's safetensors wrote (tests/reference).
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/weights/safetensors_write.hpp>

#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using weights::Checkpoint;

namespace {

const fs::path k_golden = fs::path(LVR_SOURCE_DIR) / "tests" / "golden";

weights::NamedTensors all_of(const Checkpoint& checkpoint) {
    weights::NamedTensors tensors;
    for (const auto& [name, info] : checkpoint.tensors()) tensors[name] = checkpoint.read(name);
    REQUIRE_FALSE(tensors.empty());
    return tensors;
}

void check_same(const weights::NamedTensors& ours, const weights::NamedTensors& wanted) {
    REQUIRE(ours.size() == wanted.size());
    for (const auto& [name, tensor] : wanted) {
        INFO(name);
        REQUIRE(ours.contains(name));
        CHECK(ours.at(name).scalar_type() == tensor.scalar_type());
        CHECK(ours.at(name).equal(tensor));
    }
}

}  // namespace

TEST_CASE("what is written has the bytes that Python's safetensors writes") {
    const TemporaryTree tree;
    int files = 0;
    for (const char* name : {"checkpoints/every_dtype.safetensors", "checkpoints/clip/model.safetensors",
                             "lm/llama_gqa/model.safetensors", "lm/qwen2/model.safetensors"}) {
        INFO(name);
        const auto file = tree.root() / "written.safetensors";
        weights::write_safetensors(file, all_of(Checkpoint::open(k_golden / name)));
        CHECK(core::read_text(file) == core::read_text(k_golden / name));
        ++files;
    }
    CHECK(files == 4);
}

TEST_CASE("views and gradients' leaves are written as what they show") {
    const TemporaryTree tree;
    const auto grid = at::arange(12, at::kFloat).view({3, 4}).set_requires_grad(true);
    const weights::NamedTensors tensors = {
        {"columns", grid.t()}, {"part", grid.narrow(1, 1, 2)}, {"whole", grid}};
    const auto files = weights::write_checkpoint(tree.root() / "new" / "folder", tensors);
    REQUIRE(files.size() == 1);
    CHECK(files[0].filename() == "model.safetensors");
    check_same(all_of(Checkpoint::open(files[0].parent_path())), tensors);
}

TEST_CASE("what does not fit into one file is written in shards") {
    const auto wanted = all_of(Checkpoint::open(k_golden / "lm" / "qwen2_tied"));
    int sizes = 0;
    for (const std::uint64_t most : {1, 3000, 30000}) {
        INFO(most);
        const TemporaryTree tree;
        const auto files = weights::write_checkpoint(tree.root(), wanted, most);
        REQUIRE(files.size() > 2);
        if (most == 1) CHECK(files.size() == wanted.size() + 1);
        for (const auto& file : files) {
            if (file.extension() == ".json") continue;
            const auto checkpoint = Checkpoint::open(file);
            std::uint64_t bytes = 0;
            for (const auto& [name, tensor] : all_of(checkpoint)) bytes += tensor.nbytes();
            CHECK((bytes <= most || checkpoint.tensors().size() == 1));
        }
        check_same(all_of(Checkpoint::open(tree.root())), wanted);
        const auto index = core::parse_json(core::read_text(files.back()), "the index");
        CHECK(index["weight_map"].size() == wanted.size());
        CHECK(index["metadata"]["total_size"] == 59904);
        ++sizes;
    }
    CHECK(sizes == 3);
}

TEST_CASE("a file that would be read instead, or a place that cannot be written to, is said") {
    const TemporaryTree tree;
    const weights::NamedTensors tensors = {{"a", at::ones({4})}, {"b", at::ones({4})}};
    weights::write_checkpoint(tree.root(), tensors);
    CHECK(says(refusal(core::ErrorKind::output, [&] { weights::write_checkpoint(tree.root(), tensors, 16); }),
               "model.safetensors: is already there"));
    CHECK(says(refusal(core::ErrorKind::output,
                       [&] { weights::write_safetensors(tree.root() / "no" / "folder", tensors); }),
               "cannot be written"));
    CHECK(says(refusal(core::ErrorKind::output, [&] { weights::write_safetensors("/dev/full", tensors); }),
               "/dev/full: cannot be written"));
    CHECK_THROWS_WITH(
        weights::write_safetensors(tree.root() / "x", {{"c", at::ones({1}, at::kComplexFloat)}}),
        Catch::Contains("has no name for a tensor's numbers"));
    CHECK_FALSE(fs::exists(tree.root() / "x"));
}

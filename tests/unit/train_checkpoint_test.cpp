// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <lvr/core/text_file.hpp>
#include <lvr/par/together.hpp>
#include <lvr/train/checkpoint.hpp>

#include "unit/train_fixture.hpp"
#include "world.hpp"

using namespace lvr;
using namespace lvr::train;
using test::world;
namespace fs = std::filesystem;

namespace {

constexpr double k_rate = 0.02;

/// A network in training.
struct Training {
    std::unique_ptr<comm::TensorComm> comm;
    LaidOut laid;
    std::unique_ptr<ShardedOptimizer> optimizer;

    Training(const par::Comm& group, ZeroStage zero, std::int64_t bucket = 40,
             at::ScalarType dtype = at::kFloat)
        : comm(comm::make_tensor_comm(group, at::kCPU)),
          laid(lay_out(test::network(), test::network_names(),
                       {.parts = comm->size(), .most_elements = bucket, .dtype = dtype})),
          optimizer(std::make_unique<ShardedOptimizer>(laid.buckets, *comm, OptimizerSpec{.zero = zero})) {}

    std::vector<double> run(std::int64_t from, std::int64_t to) {
        std::vector<double> losses;
        for (auto update = from; update < to; ++update)
            losses.push_back(test::update_network(*optimizer, laid.store, *comm, update, 1, k_rate));
        return losses;
    }
    fs::path save(const fs::path& folder, std::int64_t keep = 0) const {
        return write_checkpoint(folder, *optimizer, *comm, {{"place", optimizer->updates() * 8}}, keep);
    }
};

/// The same on every rank, empty, removed at the end.
class SharedFolder {
  public:
    explicit SharedFolder(const std::string& name) : path_(fs::path(LVR_BINARY_DIR) / "tests" / name) {
        path_ += "_" + std::to_string(world().size());
        clear();
    }
    ~SharedFolder() {
        std::error_code ignored;
        world().barrier();
        if (world().rank() == 0) fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

  private:
    void clear() {
        if (world().rank() == 0) fs::remove_all(path_);
        world().barrier();
    }
    fs::path path_;
};

void check_near(const std::vector<double>& got, const std::vector<double>& wanted) {
    REQUIRE(got.size() == wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(wanted[i]).epsilon(1e-6));
}

}  // namespace

TEST_CASE("training goes on from a checkpoint as if nothing had happened, on any number of ranks", "[mpi]") {
    const SharedFolder folder("train_resume");
    Training whole(world(), ZeroStage::gradients);
    whole.run(0, 7);
    const auto checkpoint = whole.save(folder.path());
    CHECK(checkpoint.filename() == "checkpoint-00000007");
    const auto wanted = whole.run(7, 15);
    int resumed = 0;
    for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
        for (const int ranks : {1, 2, 4}) {
            if (ranks > world().size()) continue;
            const auto group = world().split(world().rank() / ranks, world().rank());
            Training again(group, zero);
            const auto state =
                read_checkpoint(*newest_checkpoint(folder.path()), *again.optimizer, *again.comm);
            CHECK(state.at("place") == 7 * 8);
            CHECK(again.optimizer->updates() == 7);
            check_near(again.run(7, 15), wanted);
            ++resumed;
        }
    }
    CHECK(resumed >= 3);
}

TEST_CASE("in bfloat16 it goes on with the same bits, from masters in float32", "[mpi]") {
    const SharedFolder folder("train_resume_bfloat16");
    Training whole(world(), ZeroStage::gradients, 40, at::kBFloat16);
    whole.run(0, 7);
    whole.save(folder.path());
    const auto wanted = whole.run(7, 15);
    int resumed = 0;
    for (const auto zero : {ZeroStage::none, ZeroStage::optimizer, ZeroStage::gradients}) {
        Training again(world(), zero, 40, at::kBFloat16);
        read_checkpoint(*newest_checkpoint(folder.path()), *again.optimizer, *again.comm);
        CHECK(again.run(7, 15) == wanted);
        for (std::size_t b = 0; b < whole.laid.buckets.size(); ++b)
            CHECK(again.laid.buckets[b].values.equal(whole.laid.buckets[b].values));
        ++resumed;
    }
    CHECK(resumed == 3);
}

TEST_CASE("of checkpoints the newest are kept, and what was left half-written is not one", "[mpi]") {
    const SharedFolder folder("train_keep");
    CHECK_FALSE(newest_checkpoint(folder.path()).has_value());
    Training training(world(), ZeroStage::optimizer);
    if (world().rank() == 0) fs::create_directories(folder.path() / ".checkpoint-00000009.unfinished");
    for (int i = 0; i < 4; ++i) {
        training.run(i, i + 1);
        training.save(folder.path(), 2);
    }
    world().barrier();
    CHECK(newest_checkpoint(folder.path())->filename() == "checkpoint-00000004");
    CHECK(fs::exists(folder.path() / "checkpoint-00000003"));
    CHECK_FALSE(fs::exists(folder.path() / "checkpoint-00000002"));
    training.save(folder.path(), 2);  // the same once more
    CHECK(newest_checkpoint(folder.path())->filename() == "checkpoint-00000004");
}

TEST_CASE("a damaged checkpoint, or another model's, is named on every rank", "[mpi]") {
    const SharedFolder folder("train_damage");
    Training training(world(), ZeroStage::gradients);
    const auto checkpoint = training.save(folder.path());
    const auto refusal = [&](std::int64_t bucket = 40) {
        Training other(world(), ZeroStage::gradients, bucket);
        try {
            read_checkpoint(checkpoint, *other.optimizer, *other.comm);
        } catch (const core::Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(refusal().empty());
    CHECK_THAT(refusal(1), Catch::Contains("state.json: is of other parameters, or of other buckets"));
    const auto damage = [&](const fs::path& file, const std::string& text) {
        world().barrier();
        if (world().rank() == 0) std::ofstream(file, std::ios::binary) << text;
        world().barrier();
    };
    const auto state = checkpoint / "state.json";
    const std::string good = core::read_text(state);
    damage(state, good.substr(0, good.size() / 2));
    CHECK_THAT(refusal(), Catch::Contains("state.json"));
    damage(state, "{\"schema\": \"lvr.training\", \"version\": 1}");
    CHECK_THAT(refusal(), Catch::Contains("state.json: is damaged"));
    damage(state, good);
    const auto last = world().size() - 1;
    const auto part = checkpoint / fmt::format("part-{:05}-of-{:05}.safetensors", last, world().size());
    damage(part, core::read_text(part).substr(0, 100));
    CHECK_THAT(refusal(), Catch::Contains(part.filename().string()));
}

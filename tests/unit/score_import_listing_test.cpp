// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/score/import_config.hpp>
#include <lvr/score/import_listing.hpp>

#include "source_tree.hpp"

using namespace lvr;
using Catch::Contains;
using score::ImportConfig;
namespace fs = std::filesystem;

namespace {

const std::string k_set = std::string(LVR_SOURCE_DIR) + "/tests/data/cscore_spair/features";

/// A folder with these files, each with its name in it.
struct Tree {
    explicit Tree(const std::vector<std::string>& names) {
        for (const auto& name : names) tree.write(name, name);
    }
    score::FeatureFiles list(const std::string& suffix = "") const {
        return score::list_feature_files(tree.root().string(), suffix);
    }
    std::vector<std::string> ids(const std::string& suffix = "") const { return list(suffix).ids; }
    test::TemporaryTree tree;
};

using Ids = std::vector<std::string>;

void check_usage(const ImportConfig& config, const std::string& said) {
    INFO(said);
    try {
        config.validate();
        FAIL("nothing was refused");
    } catch (const core::Error& error) {
        CHECK(error.kind() == core::ErrorKind::usage);
        CHECK_THAT(error.what(), Contains(said) && Contains("remedy:"));
    }
}

ImportConfig features() {
    ImportConfig config;
    config.import_features = "in";
    config.out = "out";
    return config;
}

ImportConfig scores() {
    ImportConfig config;
    config.import_scores = {"x.csv"};
    config.results = "results.h5";
    return config;
}

}  // namespace

TEST_CASE("files of features: an image is called by its path without the suffix") {
    const Tree tree({"b/2_m1.npy", "b/10_m1.npy", "a_m1.npy", "a_m2.npy", ".hidden_m1.npy", ".cache/a_m1.npy",
                     "notes.txt", "B_m1.npy"});
    const auto files = tree.list("_m1.npy");
    CHECK(files.ids == Ids{"B", "a", "b/10", "b/2"});
    CHECK(!files.has_flipped);
    CHECK(!files.is_pt());
    CHECK(fs::path(files.file(3)) == tree.tree.root() / "b/2_m1.npy");
    CHECK(tree.ids() == Ids{"B_m1", "a_m1", "a_m2", "b/10_m1", "b/2_m1"});
    CHECK(Tree({"tensor_1.pt", "tensor_2.pt"}).ids() == Ids{"tensor_1", "tensor_2"});
    CHECK(Tree({"x.pt", "y.npy"}).ids(".pt") == Ids{"x"});
}

TEST_CASE("files of features: those of mirrored images") {
    const Tree tree({"a_m1.npy", "a_m1_flip.npy", "b_m1.npy", "b_m1_flip.npy", "a_m2.npy"});
    const auto files = tree.list("_m1.npy");
    CHECK(files.ids == Ids{"a", "b"});
    CHECK(files.has_flipped);
    CHECK(fs::path(files.flipped(1)) == tree.tree.root() / "b_m1_flip.npy");
    CHECK(!tree.list("_m2.npy").has_flipped);
    CHECK(tree.ids("_m1_flip.npy") == Ids{"a", "b"});
    const auto all = Tree({"a.pt", "a_flip.pt", "b.pt", "b_flip.pt"}).list();
    CHECK(all.ids == Ids{"a", "b"});
    CHECK(all.has_flipped);
    CHECK(Tree({"a_flip.pt", "b_flip.pt"}).ids() == Ids{"a_flip", "b_flip"});  // nobody's mirror image
}

TEST_CASE("files of features: the hash tells names and sizes apart") {
    const Tree tree({"a.npy", "b.npy"});
    const auto before = tree.list().names_sha256;
    CHECK(tree.list(".npy").names_sha256 == before);
    tree.tree.write("b.npy", "longer than before");
    const auto longer = tree.list().names_sha256;
    CHECK(longer != before);
    fs::rename(tree.tree.root() / "b.npy", tree.tree.root() / "c.npy");
    CHECK(tree.list().names_sha256 != longer);
}

TEST_CASE("files of features: links are followed, and once") {
    const Tree tree({"in/a.npy"});
    fs::create_symlink("..", tree.tree.root() / "in" / "again");
    CHECK(score::list_feature_files((tree.tree.root() / "in").string(), "").ids.size() == 1);
    fs::create_symlink(tree.tree.root() / "in", tree.tree.root() / "link");
    CHECK(tree.ids().size() == 1);
}

TEST_CASE("files of features: what cannot be listed is said") {
    CHECK_THROWS_WITH(score::list_feature_files(k_set, "_dino.npy"),
                      Contains("no file ends in _dino.npy") &&
                          Contains("_m1.npy (60), _m1bf16.npy (30), _m2.npy (30), _m24.npy (30)"));
    CHECK_THROWS_WITH(score::list_feature_files(k_set, ""),
                      Contains("missing for 90 of 120 images") && Contains("choose one with --suffix"));
    CHECK_THROWS_WITH(score::list_feature_files(k_set + "/nowhere", ""), Contains("nowhere"));
    CHECK_THROWS_WITH(score::list_feature_files(std::string(LVR_SOURCE_DIR) + "/README.md", ""),
                      Contains("README.md"));
    CHECK_THROWS_WITH(Tree({"a.txt"}).list(), Contains("no .npy or .pt files"));
    CHECK_THROWS_WITH(Tree({"a.npy", "b.pt", "c.pt"}).list(),
                      Contains("1 .npy and 2 .pt files") && Contains("choose with --suffix"));
    CHECK_THROWS_WITH(
        Tree({"a_x.npy", "a_x_flip.npy", "b_x.npy"}).list("_x.npy"),
        Contains("missing for 1 of 2 images: b_x_flip.npy") && Contains("add the missing files"));
    CHECK_THROWS_WITH(Tree({"a_x.npy", "b_x_flip.npy"}).list("_x.npy"),
                      Contains("without the image's own features: b_x_flip.npy"));
    CHECK_THROWS_WITH(Tree({"in/_x.npy"}).list("_x.npy"), Contains("in/_x.npy: has no name before _x.npy"));
    CHECK_THROWS_WITH(Tree({"\xff.npy"}).list(), Contains("its name is not UTF-8"));
}

TEST_CASE("import: a command line that makes no sense is refused") {
    features().validate();
    scores().validate();
    check_usage({}, "nothing to do");
    auto config = features();
    config.out = "";
    check_usage(config, "no output folder given");
    for (const char* suffix : {"_m1", ".bin", "npy"}) {
        config = features();
        config.suffix = suffix;
        check_usage(config, "--suffix must end in .npy or .pt");
    }
    config.suffix = "bus/_m1.npy";
    check_usage(config, "without a folder");
    config = features();
    config.shard_size = -1;
    check_usage(config, "--shard-size is negative");
    config = features();
    config.import_scores = {"x.csv"};
    check_usage(config, "are two tasks");
    config = features();
    config.results = "results.h5";
    check_usage(config, "are for --import");
    config = scores();
    config.results = "";
    check_usage(config, "no results file given");
    config = scores();
    config.out = "out";
    check_usage(config, "are for --import-features");
    config = scores();
    config.seed = -2;
    check_usage(config, "--seed must not be negative");
}

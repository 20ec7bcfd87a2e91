// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <map>
#include <optional>

#include <lvr/core/sha256.hpp>
#include <lvr/weights/snapshot.hpp>

#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using weights::Checkpoint;
using weights::open_snapshot;

namespace {

/// Environment variables as a test wants them, until its end.
class Environment {
  public:
    Environment() {
        for (const char* name : {"HF_HUB_CACHE", "HF_HOME", "HOME"}) {
            if (const char* value = std::getenv(name)) saved_[name] = value;
            unsetenv(name);
        }
    }
    ~Environment() {
        for (const char* name : {"HF_HUB_CACHE", "HF_HOME", "HOME"}) unsetenv(name);
        for (const auto& [name, value] : saved_) setenv(name.c_str(), value.c_str(), 1);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    void set(const char* name, const fs::path& value) const { setenv(name, value.c_str(), 1); }

  private:
    std::map<std::string, std::string> saved_;
};

const std::string k_cached = "models--org--name/snapshots/";

std::string about(const std::string& name, const fs::path& models = {}) {
    return refusal([&] { open_snapshot(name, models); });
}

}  // namespace

TEST_CASE("a snapshot is a folder with a config.json") {
    const Environment environment;
    const TemporaryTree tree;
    tree.write("m/config.json", "{\"hidden_size\": 8}");
    const auto plain = open_snapshot((tree.root() / "m").string());
    CHECK(plain.folder == tree.root() / "m");
    CHECK(plain.name == (tree.root() / "m").string());
    CHECK(plain.config["hidden_size"] == 8);
    CHECK(plain.preprocessor.is_null());
    tree.write("m/preprocessor_config.json", "{\"do_resize\": true}");
    CHECK(open_snapshot((tree.root() / "m").string()).preprocessor["do_resize"] == true);
    tree.write("m/preprocessor_config.json", "[]");
    CHECK(says(about((tree.root() / "m").string()), "preprocessor_config.json: is no JSON object"));
    fs::create_directories(tree.root() / "empty");
    CHECK(says(about((tree.root() / "empty").string()), "has no config.json"));
}

TEST_CASE("a hub id is looked up among the models and in the hub's cache") {
    const Environment environment;
    const TemporaryTree tree;
    tree.write("local/org/name/config.json", "{}");
    tree.write("models/" + k_cached + "abc123/config.json", "{}");
    tree.write("home/hub/" + k_cached + "def456/config.json", "{}");
    tree.write("user/.cache/huggingface/hub/models--single/snapshots/0a/config.json", "{}");
    CHECK(open_snapshot("org/name", tree.root() / "local").folder == tree.root() / "local/org/name");
    CHECK(open_snapshot("org/name", tree.root() / "models").folder ==
          tree.root() / "models" / k_cached / "abc123");
    environment.set("HF_HOME", tree.root() / "home");
    CHECK(open_snapshot("org/name").folder == tree.root() / "home/hub" / k_cached / "def456");
    CHECK(open_snapshot("org/name@def").folder == tree.root() / "home/hub" / k_cached / "def456");
    CHECK(open_snapshot("org/name@def", tree.root() / "local").folder ==
          tree.root() / "home/hub" / k_cached / "def456");
    environment.set("HF_HUB_CACHE", tree.root() / "models");
    CHECK(open_snapshot("org/name").folder == tree.root() / "models" / k_cached / "abc123");
    environment.set("HOME", tree.root() / "user");
    CHECK(open_snapshot("single").folder.filename() == "0a");
    environment.set("HF_HOME", tree.root() / "models");
    environment.set("HF_HUB_CACHE", "");
    CHECK(open_snapshot("org/name").folder == tree.root() / "models" / k_cached / "abc123");
}

TEST_CASE("of several revisions a ref or the user chooses") {
    const Environment environment;
    const TemporaryTree tree;
    for (const char* commit : {"aaa111", "bbb222", "bbb333"})
        tree.write(k_cached + commit + "/config.json", "{}");
    const auto several = about("org/name", tree.root());
    CHECK(says(several, "several revisions"));
    CHECK(says(several, "aaa111, bbb222, bbb333"));
    CHECK(says(several, "org/name@aaa111"));
    CHECK(says(about("org/name@bbb", tree.root()), "bbb222, bbb333"));
    CHECK(open_snapshot("org/name@bbb3", tree.root()).folder.filename() == "bbb333");
    tree.write("models--org--name/refs/main", "bbb222\n");
    tree.write("models--org--name/refs/v2", "aaa111");
    CHECK(open_snapshot("org/name", tree.root()).folder.filename() == "bbb222");
    CHECK(open_snapshot("org/name@v2", tree.root()).folder.filename() == "aaa111");
    CHECK(says(about("org/name@ccc", tree.root()), "there is no model org/name@ccc"));
}

TEST_CASE("a model that is not there: where was looked, and what to type") {
    const Environment environment;
    const TemporaryTree tree;
    environment.set("HOME", tree.root());
    const auto text = about("org/name@v1", tree.root() / "models");
    CHECK(says(text, (tree.root() / "models/org/name").string()));
    CHECK(says(text, (tree.root() / "models/models--org--name").string()));
    CHECK(says(text, (tree.root() / ".cache/huggingface/hub/models--org--name").string()));
    CHECK(says(text, "hf download org/name --revision v1 --local-dir"));
    for (const char* name :
         {"", "/no/such/folder", "a/b/c", "../name", "org/..", "or g/name", "org/name@", "org/name@../x"}) {
        INFO(name);
        CHECK(says(about(name, tree.root()), "no such folder, and no name of a model"));
    }
}

TEST_CASE("of a folder the first file in the usual order is taken") {
    const TemporaryTree tree;
    const auto first = [&] { return Checkpoint::open(tree.root()).files().back().filename().string(); };
    CHECK(says(refusal(first), "the folder is empty"));
    tree.write("flax_model.msgpack", "x");
    CHECK(says(refusal(first), "the folder has flax_model.msgpack"));
    tree.write("diffusion_pytorch_model.safetensors", float_file({{"d", {1}}}));
    CHECK(first() == "diffusion_pytorch_model.safetensors");
    tree.write("pytorch_model.bin", "x");
    CHECK(says(refusal(first), "pytorch_model.bin: is no zip archive"));
    tree.write("part.safetensors", float_file({{"v", {1}}}));
    tree.write("model.safetensors.index.json", "{\"weight_map\":{\"v\":\"part.safetensors\"}}");
    CHECK(first() == "part.safetensors");
    tree.write("model.safetensors", float_file({{"w", {1}}}));
    CHECK(first() == "model.safetensors");
}

TEST_CASE("an index of shards that does not fit them is refused") {
    const TemporaryTree tree;
    tree.write("a.safetensors", float_file({{"v", {1}}, {"spare", {1}}}));
    tree.write("b.safetensors", float_file({{"w", {2}}}));
    const auto opened = [&](const std::string& map) {
        tree.write("model.safetensors.index.json", map);
        return Checkpoint::open(tree.root());
    };
    const auto good = opened("{\"weight_map\":{\"v\":\"a.safetensors\",\"w\":\"b.safetensors\"}}");
    CHECK(good.tensors().size() == 2);
    CHECK(good.files().size() == 3);
    CHECK(values_of(good.read("w")) == std::vector<double>{1, 2});
    const auto about_map = [&](const std::string& map) { return refusal([&] { opened(map); }); };
    CHECK(says(about_map("{}"), "has no weight_map"));
    CHECK(says(about_map("{\"weight_map\":{}}"), "has no weight_map"));
    CHECK(says(about_map("[1"), "is not JSON"));
    CHECK(says(about_map("{\"weight_map\":{\"v\":\"c.safetensors\"}}"),
               "lists c.safetensors, which is not there"));
    CHECK(says(about_map("{\"weight_map\":{\"v\":\"b.safetensors\"}}"),
               "b.safetensors should hold v, but does not"));
    for (const char* shard : {"\"../a.safetensors\"", "\"..\"", "\"\"", "3", "\"x/a.safetensors\""}) {
        INFO(shard);
        CHECK(says(about_map(std::string("{\"weight_map\":{\"v\":") + shard + "}}"), "names no file for v"));
    }
}

TEST_CASE("a fingerprint is that of names and contents, wherever the files lie") {
    const TemporaryTree tree;
    const auto bytes = float_file({{"w", {3}}});
    tree.write("a/model.safetensors", bytes);
    tree.write("b/model.safetensors", bytes);
    const auto print = weights::fingerprint(Checkpoint::open(tree.root() / "a"));
    CHECK(print == core::sha256("model.safetensors " + core::sha256(bytes) + "\n"));
    CHECK(weights::fingerprint(Checkpoint::open(tree.root() / "b")) == print);
    auto changed = bytes;
    changed.back() ^= 1;
    tree.write("b/model.safetensors", changed);
    CHECK(weights::fingerprint(Checkpoint::open(tree.root() / "b")) != print);

    // In the hub's cache the link's target is the digest: it is believed.
    const auto digest = core::sha256(bytes);
    tree.write("blobs/" + digest, changed);
    fs::create_directories(tree.root() / "snapshots/abc");
    fs::create_symlink("../../blobs/" + digest, tree.root() / "snapshots/abc/model.safetensors");
    CHECK(weights::fingerprint(Checkpoint::open(tree.root() / "snapshots/abc")) == print);
    fs::create_directories(tree.root() / "other");
    fs::create_symlink("../b/model.safetensors", tree.root() / "other/model.safetensors");
    CHECK(weights::fingerprint(Checkpoint::open(tree.root() / "other")) != print);
}

// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>

#include <cmath>
#include <limits>

#include <lvr/weights/name_map.hpp>
#include <lvr/weights/name_pattern.hpp>

#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using namespace lvr::weights;
using Action = NameRow::Action;

namespace {

const NameMap k_map = {
    {{"patch.w"}, "patch"},
    {{"old.patch.w"}, "patch"},
    {{"layer.{}.q", "layer.{}.k", "layer.{}.v"}, "blocks.{}.qkv", Action::concat},
    {{"layer.{}.a", "layer.{}.b"}, "blocks.{}.wide", Action::concat, 1},
    {{"layer.{}.norm"}, "blocks.{}.norm"},
    {{"head.*"}, "", Action::drop},
    {{"ids.{}"}, "", Action::drop},
};
const Shapes k_shapes = {
    {"patch", {2, 3}}, {"blocks.0.qkv", {6, 2}}, {"blocks.0.wide", {2, 4}}, {"blocks.0.norm", {2}}};
using Tensors = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;
const Tensors k_tensors = {{"patch.w", {2, 3}},   {"layer.0.k", {2, 2}}, {"layer.0.q", {2, 2}},
                           {"layer.0.v", {2, 2}}, {"layer.0.a", {2, 1}}, {"layer.0.b", {2, 3}},
                           {"layer.0.norm", {2}}, {"head.w", {1}},       {"ids.12", {1}}};

Tensors without(const std::string& name) {
    auto tensors = k_tensors;
    std::erase_if(tensors, [&](const auto& one) { return one.first == name; });
    REQUIRE(tensors.size() + 1 == k_tensors.size());
    return tensors;
}

Tensors with(const std::string& name, const std::vector<std::int64_t>& shape) {
    auto tensors = k_tensors;
    std::erase_if(tensors, [&](const auto& one) { return one.first == name; });
    tensors.emplace_back(name, shape);
    return tensors;
}

Checkpoint written(const TemporaryTree& tree, const std::string& bytes) {
    tree.write("model.safetensors", bytes);
    return Checkpoint::open(tree.root());
}

WeightStore loaded(const Tensors& tensors, const LoadOptions& options = {}, const Shapes& shapes = k_shapes,
                   const NameMap& map = k_map) {
    const TemporaryTree tree;
    return load_weights(written(tree, float_file(tensors)), map, shapes, options);
}

std::string about(const Tensors& tensors, const LoadOptions& options = {}, const Shapes& shapes = k_shapes,
                  const NameMap& map = k_map) {
    return refusal([&] { loaded(tensors, options, shapes, map); });
}

/// One weight "w" of one number format.
std::string one_file(const std::string& dtype, const std::string& data, int count) {
    const auto shape = "[" + std::to_string(count) + "]";
    return safetensors_bytes("{" + entry("w", dtype, shape, "[0," + std::to_string(data.size()) + "]") + "}",
                             data);
}

at::Tensor one_loaded(const std::string& bytes, const LoadOptions& options) {
    const TemporaryTree tree;
    const auto file = written(tree, bytes);
    const auto shape = file.tensors().at("w").shape;
    return load_weights(file, {{{"w"}, "w"}}, {{"w", shape}}, options).get("w", shape);
}

}  // namespace

TEST_CASE("name patterns: numbers are whole and the same on both sides") {
    CHECK(match_pattern("a.{}.b", "a.12.b") == Numbers{"12"});
    CHECK(match_pattern("a.{}.b.{}", "a.0.b.10") == Numbers{"0", "10"});
    CHECK(match_pattern("a.*", "a.b.c").has_value());
    CHECK(match_pattern("a", "a").has_value());
    for (const char* name :
         {"a.b", "a..b", "a.x.b", "a.01.b", "a.-1.b", "a.1.bc", "a.1", "x.1.b", "a.1234567890.b", ""})
        CHECK_FALSE(match_pattern("a.{}.b", name).has_value());
    CHECK_FALSE(match_pattern("a.*", "a").has_value());
    CHECK(fill_pattern("x.{}.y.{}", {"3", "14"}) == "x.3.y.14");
    CHECK(fill_pattern("x", {"3"}) == "x");
}

TEST_CASE("a checkpoint is loaded by its name map") {
    const auto store = loaded(k_tensors);
    CHECK(store.all().size() == 4);
    CHECK(values_of(store.get("patch", {2, 3})) == std::vector<double>{1, 2, 3, 4, 5, 6});
    CHECK(values_of(store.get("blocks.0.qkv", {6, 2})) ==
          std::vector<double>{11, 12, 13, 14, 7, 8, 9, 10, 15, 16, 17, 18});
    CHECK(values_of(store.get("blocks.0.wide", {2, 4})) ==
          std::vector<double>{19, 21, 22, 23, 20, 24, 25, 26});
    CHECK(store.get("patch", {2, 3}).scalar_type() == at::kFloat);
}

TEST_CASE("loading again what was exported gives the same weights") {
    WeightStore store;
    store.put("patch", at::ones({2, 3}).mul(5));
    store.put("blocks.11.qkv", at::ones({6, 2}).cumsum(0));
    store.put("blocks.11.wide", at::ones({2, 4}).cumsum(1));
    const auto exported = export_weights(store, k_map);
    CHECK(exported.size() == 6);
    CHECK(values_of(exported.at("layer.11.k")) == std::vector<double>{3, 3, 4, 4});
    std::string header, data;
    for (const auto& [name, tensor] : exported) {
        const auto begin = std::to_string(data.size());
        const auto dense = tensor.contiguous();
        data.append(static_cast<const char*>(dense.const_data_ptr()),
                    static_cast<std::size_t>(dense.numel()) * 4);
        header += (header.empty() ? "{" : ",") +
                  entry(name, "F32",
                        "[" + std::to_string(dense.size(0)) + "," + std::to_string(dense.size(1)) + "]",
                        "[" + begin + "," + std::to_string(data.size()) + "]");
    }
    const TemporaryTree tree;
    Shapes shapes;
    for (const auto& [name, tensor] : store.all()) shapes[name] = tensor.sizes().vec();
    const auto again = load_weights(written(tree, safetensors_bytes(header + "}", data)), k_map, shapes, {});
    REQUIRE(again.all().size() == 3);
    for (const auto& [name, tensor] : store.all()) {
        INFO(name);
        CHECK(at::equal(again.all().at(name), tensor));
    }
    store.put("stranger", at::ones({1}));
    CHECK_THROWS_WITH(export_weights(store, k_map), Catch::Contains("no row of the name map makes stranger"));
}

TEST_CASE("whatever does not fit is said, with the nearest names") {
    CHECK(about(k_tensors).empty());
    CHECK(says(about(without("patch.w")), "patch.w: is not in the file (patch [2, 3] of the model)"));
    CHECK(says(about(without("layer.0.k")), "layer.0.k: is not in the file, though layer.0.q is"));
    CHECK(says(about(with("layer.0.nrom", {2})),
               "layer.0.nrom: is in the file, but no weight of such a model"));
    CHECK(says(about(with("layer.1.norm", {2})),
               "layer.1.norm: is in the file, but this model has no blocks.1.norm"));
    CHECK(says(about(with("old.patch.w", {2, 3})), "patch: old.patch.w and patch.w are both that"));
    CHECK(says(about(with("layer.0.norm", {3})), "layer.0.norm: is [3], blocks.0.norm should be [2]"));
    CHECK(says(about(with("patch.w", {3, 2})), "patch.w: is [3, 2], patch should be [2, 3]"));
    CHECK(says(about(with("layer.0.q", {2, 3})), "layer.0.q: is [2, 3], blocks.0.qkv should be [6, 2]"));
    CHECK(says(about(with("layer.0.q", {3, 2})), "blocks.0.qkv: would be 7 long on axis 0"));
    auto misspelt = without("layer.0.norm");
    misspelt.emplace_back("layer.0.nrom", std::vector<std::int64_t>{2});
    const auto both = about(misspelt);
    CHECK(says(both, "2 do not fit"));
    CHECK(
        says(both, "layer.0.norm: is not in the file (blocks.0.norm [2] of the model); near: layer.0.nrom"));
    CHECK(says(both, "layer.0.nrom: is in the file, but no weight of such a model; near: layer.0.norm"));
    auto shapes = k_shapes;
    shapes["more"] = {1};
    CHECK(says(about(k_tensors, {}, shapes), "more [1]: no row of the name map leads to it"));
    auto map = k_map;
    map.push_back({{"head.w"}, "", Action::drop});
    CHECK(says(about(k_tensors, {}, k_shapes, map),
               "head.w: is taken by two rows of the name map (head.* and head.w)"));
}

TEST_CASE("a long list of misfits is cut") {
    auto tensors = k_tensors;
    for (int i = 0; i < 30; ++i)
        tensors.emplace_back("stranger" + std::to_string(i), std::vector<std::int64_t>{1});
    const auto text = about(tensors);
    CHECK(says(text, "30 do not fit"));
    CHECK(says(text, "and 10 more"));
}

TEST_CASE("dimensions of size 1 may differ") {
    auto tensors = with("patch.w", {1, 2, 3, 1});
    std::erase_if(tensors, [](const auto& one) { return one.first == "layer.0.q"; });
    tensors.emplace_back("layer.0.q", std::vector<std::int64_t>{2, 2, 1, 1});
    CHECK(loaded(tensors).get("patch", {2, 3}).sizes() == at::IntArrayRef({2, 3}));
}

TEST_CASE("layers past the tap and names without the prefix are left out") {
    auto tensors = k_tensors;
    for (const char* name : {"layer.1.norm", "layer.2.q", "layer.10.a"})
        tensors.emplace_back(name, std::vector<std::int64_t>{9});
    LoadOptions options;
    options.layers = 1;
    CHECK(loaded(tensors, options).all().size() == 4);
    Tensors prefixed = {{"other.w", {5}}};
    for (const auto& [name, shape] : k_tensors) prefixed.emplace_back("tower." + name, shape);
    options.prefix = "tower.";
    CHECK(loaded(prefixed, options).all().size() == 4);
    prefixed.erase(prefixed.begin() + 1);
    CHECK(says(about(prefixed, options), "tower.patch.w: is not in the file"));
}

TEST_CASE("weights are converted, after being rounded if so asked, and never of the mapped file") {
    const auto data = bytes_of<float>({1.00390625f, 1.0f / 3});
    LoadOptions options;
    CHECK(values_of(one_loaded(one_file("F32", data, 2), options))[1] == 1.0f / 3);
    options.round_through = at::kBFloat16;
    CHECK(values_of(one_loaded(one_file("F32", data, 2), options)) == std::vector<double>{1, 0.333984375});
    options.dtype = at::kHalf;
    const auto half = one_loaded(one_file("F32", data, 2), options);
    CHECK(half.scalar_type() == at::kHalf);
    CHECK(values_of(half) == std::vector<double>{1, 0.333984375});

    const TemporaryTree tree;
    const auto file = written(tree, one_file("F32", data, 2));
    const auto weight = load_weights(file, {{{"w"}, "w"}}, {{"w", {2}}}, {}).get("w", {2});
    CHECK(weight.const_data_ptr() != file.read("w").const_data_ptr());
    weight.fill_(3);
    CHECK(values_of(file.read("w"))[0] == 1.00390625);
}

TEST_CASE("weights that are no finite numbers are refused") {
    const auto about_one = [](const std::string& dtype, const std::string& data,
                              const LoadOptions& options = {}) {
        return refusal([&] { one_loaded(one_file(dtype, data, 1), options); });
    };
    const auto nan = "tensor w has values that are NaN or infinite";
    CHECK(says(about_one("F32", bytes_of<float>({NAN})), nan));
    CHECK(says(about_one("F32", bytes_of<float>({-INFINITY})), nan));
    CHECK(says(about_one("F64", bytes_of<double>({NAN})), nan));
    CHECK(says(about_one("F16", bytes_of<std::uint16_t>({0x7c00})), nan));
    CHECK(says(about_one("BF16", bytes_of<std::uint16_t>({0xffc0})), nan));
    CHECK(about_one("F32", bytes_of<float>({std::numeric_limits<float>::max()})).empty());
    LoadOptions half;
    half.dtype = at::kHalf;
    CHECK(about_one("F32", bytes_of<float>({70000})).empty());
    CHECK(says(about_one("F32", bytes_of<float>({70000}), half), "too large for Half"));
    CHECK(says(about_one("F64", bytes_of<double>({1e300})), "too large for Float"));
    CHECK(says(about_one("I64", bytes_of<std::int64_t>({1})), "w: holds no floating-point numbers"));
}

TEST_CASE("a store gives what it holds, in the shape it has") {
    WeightStore store;
    store.put("w", at::ones({2, 3}));
    CHECK(store.has("w"));
    CHECK_FALSE(store.has("v"));
    CHECK(store.get("w", {2, 3}).numel() == 6);
    CHECK(says(refusal([&] { store.get("w", {3, 2}); }), "weight w is [2, 3], the model needs [3, 2]"));
    CHECK(says(refusal([&] { store.get("v", {1}); }), "the weights have no v"));
    CHECK_THROWS_WITH(store.put("w", at::ones({1})), Catch::Contains("two weights called w"));
}

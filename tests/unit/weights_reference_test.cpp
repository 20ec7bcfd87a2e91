// SPDX-License-Identifier: Apache-2.0
// Files that PyTorch and transformers wrote (tests/reference/checkpoints.py).
#include <c10/core/ScalarType.h>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/weights/name_map.hpp>
#include <lvr/weights/snapshot.hpp>
#include <lvr/weights/vit_names.hpp>

#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using weights::Checkpoint;

namespace {

const fs::path k_golden = fs::path(LVR_SOURCE_DIR) / "tests" / "golden";
const fs::path k_files = k_golden / "checkpoints";

const core::Json& golden() {
    static const core::Json all =
        core::parse_json(core::read_text(k_golden / "checkpoints.json"), "checkpoints.json");
    return all;
}

at::ScalarType dtype_of(const std::string& name) {
    const std::map<std::string, at::ScalarType> dtypes = {
        {"float32", at::kFloat},     {"float64", at::kDouble}, {"float16", at::kHalf},
        {"bfloat16", at::kBFloat16}, {"int64", at::kLong},     {"int32", at::kInt},
        {"int16", at::kShort},       {"int8", at::kChar},      {"uint8", at::kByte},
        {"bool", at::kBool}};
    return dtypes.at(name);
}

void check_tensor(const at::Tensor& tensor, const core::Json& wanted) {
    CHECK(tensor.scalar_type() == dtype_of(wanted["dtype"]));
    CHECK(tensor.sizes().vec() == wanted["shape"].get<std::vector<std::int64_t>>());
    CHECK(values_of(tensor) == wanted["values"].get<std::vector<double>>());
}

/// @return how many tensors were compared
int check_all(const Checkpoint& checkpoint, const core::Json& wanted) {
    int count = 0;
    CHECK(checkpoint.tensors().size() == wanted.size());
    for (const auto& [name, tensor] : wanted.items()) {
        INFO(name);
        REQUIRE(checkpoint.tensors().contains(name));
        CHECK(checkpoint.tensors().at(name).shape == tensor["shape"].get<std::vector<std::int64_t>>());
        check_tensor(checkpoint.read(name), tensor);
        ++count;
    }
    return count;
}

std::string about(const std::string& file) {
    return refusal([&] { Checkpoint::open(k_files / file); });
}

weights::NameMap names_of(const std::string& family) {
    if (family == "clip") return weights::clip_vision_names();
    if (family == "siglip") return weights::siglip_vision_names();
    REQUIRE(family == "dinov2");
    return weights::dinov2_names();
}

weights::Shapes shapes_of(const core::Json& wanted) {
    weights::Shapes shapes;
    for (const auto& [name, tensor] : wanted.items())
        shapes[name] = tensor["shape"].get<std::vector<std::int64_t>>();
    return shapes;
}

}  // namespace

TEST_CASE("what torch.save wrote is read: views, parameters, every dtype, nested, newer protocols") {
    int files = 0, tensors = 0;
    for (const auto& [name, wanted] : golden()["state_dicts"].items()) {
        INFO(name);
        tensors += check_all(Checkpoint::open(k_files / (name + ".bin")), wanted);
        ++files;
    }
    CHECK(files == 7);
    CHECK(tensors > 40);
}

TEST_CASE("what torch.save wrote besides tensors is refused by name, and not run") {
    CHECK(says(about("malicious.bin"), "malicious.bin: the file would run posix.system when loaded"));
    CHECK_FALSE(fs::exists("executed"));
    CHECK(says(about("namespace.bin"), "would run argparse.Namespace when loaded"));
    CHECK(says(about("not_only_tensors.bin"), "its entry epoch is no tensor"));
    CHECK(says(about("list.bin"), "holds no dictionary"));
    CHECK(says(about("legacy.bin"), "before version 1.6"));
    CHECK(says(about("legacy.bin"), "convert it: python -c"));
}

TEST_CASE("shards of both kinds hold the tensors of the whole") {
    CHECK(check_all(Checkpoint::open(k_files / "sharded_safetensors"), golden()["sharded"]) > 20);
    CHECK(check_all(Checkpoint::open(k_files / "sharded_bin"), golden()["sharded"]) > 20);
    CHECK(Checkpoint::open(k_files / "sharded_bin").files().size() == 3);
}

TEST_CASE("every model that transformers saves is loaded by its family's names") {
    int models = 0, tensors = 0;
    for (const auto& [name, model] : golden()["models"].items()) {
        INFO(name);
        const auto snapshot = weights::open_snapshot((k_files / name).string());
        CHECK(snapshot.config.contains("model_type"));
        const auto map = names_of(model["family"]);
        const auto shapes = shapes_of(model["weights"]);
        const auto store = weights::load_weights(Checkpoint::open(snapshot.folder), map, shapes, {});
        CHECK(store.all().size() == shapes.size());
        for (const auto& [weight, wanted] : model["weights"].items()) {
            INFO(weight);
            check_tensor(store.get(weight, shapes.at(weight)), wanted);
            ++tensors;
        }
        ++models;
    }
    CHECK(models == 11);
    CHECK(tensors > 250);
}

TEST_CASE("only the layers up to the tap are taken") {
    int models = 0;
    for (const auto& [name, model] : golden()["models"].items()) {
        INFO(name);
        auto shapes = shapes_of(model["weights"]);
        const auto all = shapes.size();
        std::erase_if(shapes, [](const auto& one) { return one.first.starts_with("blocks.1."); });
        REQUIRE(shapes.size() < all);
        weights::LoadOptions options;
        options.layers = 1;
        const auto checkpoint = Checkpoint::open(k_files / name);
        CHECK(weights::load_weights(checkpoint, names_of(model["family"]), shapes, options).all().size() ==
              shapes.size());
        CHECK(says(refusal([&] { weights::load_weights(checkpoint, names_of(model["family"]), shapes, {}); }),
                   "but this model has no blocks.1."));
        ++models;
    }
    CHECK(models == 11);
}

TEST_CASE("what is exported has transformers' names and values") {
    const auto& model = golden()["models"]["dinov2"];
    const auto checkpoint = Checkpoint::open(k_files / "dinov2");
    const auto store =
        weights::load_weights(checkpoint, weights::dinov2_names(), shapes_of(model["weights"]), {});
    int same = 0;
    for (const auto& [name, tensor] : weights::export_weights(store, weights::dinov2_names())) {
        INFO(name);
        REQUIRE(checkpoint.tensors().contains(name));
        CHECK(values_of(tensor) == values_of(checkpoint.read(name)));
        ++same;
    }
    CHECK(same == static_cast<int>(checkpoint.tensors().size()) - 3);  // mask token, last norm
}

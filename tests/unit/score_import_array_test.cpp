// SPDX-License-Identifier: Apache-2.0
// Files of features that numpy and PyTorch wrote (tests/reference/feature_arrays.py).
#include <catch2/catch.hpp>

#include <cstring>
#include <filesystem>
#include <functional>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/half_float.hpp>
#include <lvr/score/import_array.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

using namespace lvr;
using score::FeatureArray;
using test::says;

namespace {

namespace fs = std::filesystem;

const fs::path k_golden = fs::path(LVR_SOURCE_DIR) / "tests" / "golden";
const fs::path k_files = k_golden / "feature_arrays";

std::vector<double> values_of(const std::vector<std::byte>& bytes, files::StorageType type) {
    std::vector<double> values;
    const std::size_t size = files::bytes_per_value(type);
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        float wide = 0;
        std::uint16_t bits = 0;
        std::memcpy(size == 4 ? static_cast<void*>(&wide) : &bits, bytes.data() + at, size);
        if (type == files::StorageType::float16) wide = files::from_float16(bits);
        if (type == files::StorageType::bfloat16) wide = files::from_bfloat16(bits);
        values.push_back(static_cast<double>(wide));
    }
    return values;
}

std::vector<double> tokens_of(const FeatureArray& array, const score::TokenForm& form) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(form.bytes()));
    array.read_tokens(bytes);
    return values_of(bytes, form.type);
}

std::vector<double> flat(const core::Json& rows) {
    std::vector<double> values;
    for (const auto& row : rows) {
        for (const auto& value : row) values.push_back(value.get<double>());
    }
    return values;
}

/// What is said of a file that is opened and read.
std::string complaint_about(const fs::path& file) {
    try {
        const FeatureArray array(file.string());
        tokens_of(array, score::token_form(array.form(), file.string()));
    } catch (const core::Error& error) {
        CHECK(error.kind() == core::ErrorKind::input);
        CHECK(std::string(error.what()).find(file.filename().string()) != std::string::npos);
        INFO(error.what());
        CHECK(std::string(error.what()).find("remedy:") != std::string::npos);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("features as numpy and PyTorch save them become tokens, row by row of a map") {
    const auto golden =
        core::parse_json(core::read_text(k_golden / "feature_arrays.json"), "feature_arrays.json");
    int read = 0;
    for (const auto& [name, wanted] : golden.items()) {
        INFO(name);
        const FeatureArray array((k_files / name).string());
        CHECK(array.form().dtype == wanted["dtype"].get<std::string>());
        CHECK(array.form().shape == wanted["shape"].get<std::vector<std::int64_t>>());
        const auto form = score::token_form(array.form(), name);
        const auto& tokens = wanted["tokens"];
        CHECK(form.tokens() == static_cast<std::int64_t>(tokens.size()));
        CHECK(form.channels == static_cast<std::int64_t>(tokens[0].size()));
        CHECK(form.is_map == !wanted["grid"].is_null());
        if (form.is_map) CHECK(core::Json{form.rows, form.columns} == wanted["grid"]);
        CHECK(tokens_of(array, form) == flat(tokens));
        ++read;
    }
    CHECK(read == 20);
}

TEST_CASE("files that hold no features are refused by name") {
    const std::pair<const char*, const char*> cases[] = {
        {"bad_big_endian.npy", "'>f4', which are big-endian"},
        {"bad_objects.npy", "Python objects"},
        {"bad_structured.npy", "structured array"},
        {"bad_complex.npy", "'<c8'"},
        {"bad_integers.npy", "'<i8'"},
        {"bad_number.npy", "has no shape of features"},
        {"bad_row.npy", "float32 [3]: has no shape of features"},
        {"bad_two_images.npy", "float32 [2, 3, 2, 2]: holds several images"},
        {"bad_five_axes.npy", "has no shape of features"},
        {"bad_no_values.npy", "holds no values"},
        {"bad_nan.npy", "holds nan at token 1, channel 1"},
        {"bad_infinite_half.npy", "holds inf at token 1, channel 0"},
        {"bad_too_large.npy", "1e+300 at token 0, channel 0 does not fit float32"},
        {"bad_infinite_map.pt", "holds -inf at channel 1, row 0, column 1"},
        {"bad_dictionary.pt", "holds a dictionary"},
        {"bad_list.pt", "holds something else than a tensor"},
        {"bad_integers.pt", "holds values of type Long"},
        {"bad_enormous.pt", "is impossibly large for one image"},
        {"bad_malicious.pt", "would run posix.system when loaded"},
        {"bad_legacy.pt", "before version 1.6, which is not read here"},
    };
    for (const auto& [name, problem] : cases) CHECK(says(complaint_about(k_files / name), problem));
    CHECK(says(complaint_about(k_files / "not_there.npy"), "no such file"));
    CHECK(says(complaint_about(k_files / "not_there.pt"), "no such file"));
    const auto files = test::files_below(k_golden, "feature_arrays", {".npy", ".pt"});
    CHECK(static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [](const std::string& file) {
              return file.find("bad_") != std::string::npos;
          })) == std::size(cases));
}

TEST_CASE("no prefix of a .pt file, and none with a changed byte, does more than be refused") {
    const test::TemporaryTree tree;
    const auto bytes = core::read_text(k_files / "view.pt");
    const auto about = [&](const std::string& changed) {
        fs::remove(tree.root() / "a.pt");
        tree.write("a.pt", changed);
        return complaint_about(tree.root() / "a.pt");
    };
    REQUIRE(about(bytes).empty());
    int refused = 0, complaints = 0;
    for (std::size_t length = 0; length < bytes.size(); length += 3) {
        CHECK(!about(bytes.substr(0, length)).empty());
        ++refused;
    }
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        auto changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ (at % 3 == 0 ? 0xff : 1 << at % 8));
        complaints += about(changed).empty() ? 0 : 1;
    }
    CHECK(refused > 500);
    CHECK(complaints > 100);
}

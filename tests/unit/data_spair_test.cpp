// SPDX-License-Identifier: Apache-2.0
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/spair.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::data;
using lvr::test::TemporaryTree;
namespace fs = std::filesystem;

namespace {

const fs::path k_set = fs::path(LVR_SOURCE_DIR) / "tests" / "data" / "cscore_spair";
const std::string k_pair = "PairAnnotation/test/000000-2000_000000-2000_000001:bicycle.json";
const std::string k_image = "ImageAnnotation/bicycle/2000_000001.json";

/// A copy of the set's annotations, which a test may damage.
class Annotations {
  public:
    Annotations() {
        for (const char* folder : {"ImageAnnotation", "PairAnnotation"})
            fs::copy(k_set / folder, tree_.root() / folder, fs::copy_options::recursive);
        for (const auto& entry : fs::recursive_directory_iterator(tree_.root()))
            fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
    }

    fs::path root() const { return tree_.root(); }
    std::string text(const std::string& file) const { return core::read_text(root() / file); }
    void write(const std::string& file, const std::string& text) const { tree_.write(file, text); }
    void remove(const std::string& file) const { REQUIRE(fs::remove_all(root() / file) > 0); }

    /// The first `old` in a file becomes `now`.
    void edit(const std::string& file, const std::string& old, const std::string& now) const {
        std::string content = text(file);
        const std::size_t at = content.find(old);
        REQUIRE(at != std::string::npos);
        write(file, content.replace(at, old.size(), now));
    }

    Spair read(const std::string& split = "test") const { return read_spair(root().string(), split); }

    /// What reading says against it; "" if nothing.
    std::string refusal(const std::string& split = "test") const {
        return test::refusal([&] { read(split); });
    }

  private:
    TemporaryTree tree_;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The annotation's field gets another value.
struct Damage {
    std::string file, old, now, complaint;
};

void check_refusals(const std::vector<Damage>& all) {
    int checked = 0;
    for (const auto& damage : all) {
        const Annotations set;
        set.edit(damage.file, damage.old, damage.now);
        const std::string said = set.refusal();
        INFO(damage.old << " -> " << damage.now << ": " << said);
        CHECK(contains(said, (set.root() / damage.file).string()));
        CHECK(contains(said, damage.complaint));
        CHECK(contains(said, "restore"));  // the remedy
        ++checked;
    }
    CHECK(checked > 0);
}

}  // namespace

TEST_CASE("SPair's annotations are read as they stand", "[data]") {
    const Spair set = read_spair(k_set.string(), "test");
    CHECK(set.notes.empty());
    CHECK(set.split == "test");
    REQUIRE(set.categories.size() == 5);
    std::vector<std::string> names;
    std::size_t pairs = 0;
    for (const auto& category : set.categories) {
        names.push_back(category.name);
        pairs += category.pairs.size();
        CHECK(category.images.size() <= 6);
        CHECK(std::is_sorted(category.pairs.begin(), category.pairs.end(),
                             [](const SpairPair& a, const SpairPair& b) { return a.name < b.name; }));
        CHECK(std::is_sorted(category.images.begin(), category.images.end(),
                             [](const SpairImage& a, const SpairImage& b) { return a.id < b.id; }));
    }
    CHECK(names == std::vector<std::string>{"bicycle", "bus", "cat", "pottedplant", "tvmonitor"});
    CHECK(pairs == test::files_below(k_set, "PairAnnotation", {".json"}).size());
}

TEST_CASE("a pair of SPair has its images, sizes and boxes", "[data]") {
    const Spair set = read_spair(k_set.string(), "test");
    const auto& bicycle = set.categories.at(0);
    const auto& pair = bicycle.pairs.at(0);
    CHECK(pair.name == "000000-2000_000000-2000_000001:bicycle");
    CHECK((pair.source_width == 500 && pair.source_height == 375));
    CHECK((pair.target_width == 375 && pair.target_height == 500));
    CHECK((pair.target_box.x1 == 104 && pair.target_box.y1 == 151));
    CHECK((pair.target_box.x2 == 334 && pair.target_box.y2 == 323));
    const auto& source = bicycle.images.at(static_cast<std::size_t>(pair.source));
    CHECK(source.id == "bicycle/2000_000000");
    CHECK(source.file == "JPEGImages/bicycle/2000_000000.jpg");
    CHECK((source.width == 500 && source.height == 375));
    CHECK((source.box.x1 == 177 && source.box.y2 == 192));
    CHECK((source.keypoints[0].visible && source.keypoints[0].x == 287 && source.keypoints[0].y == 80));
    CHECK((!source.keypoints[11].visible && source.keypoints[11].x == 0));
}

TEST_CASE("SPair's annotations travel between ranks", "[data]") {
    const Spair set = read_spair(k_set.string(), "test");
    std::stringstream stream;
    boost::archive::binary_oarchive(stream) << set;
    Spair copy;
    boost::archive::binary_iarchive(stream) >> copy;
    CHECK(copy.root == set.root);
    CHECK(copy.hash == set.hash);
    REQUIRE(copy.categories.size() == set.categories.size());
    const auto &one = set.categories.back(), &other = copy.categories.back();
    CHECK(other.name == one.name);
    REQUIRE((other.pairs.size() == one.pairs.size() && other.images.size() == one.images.size()));
    CHECK(other.pairs.back().name == one.pairs.back().name);
    CHECK(other.pairs.back().target == one.pairs.back().target);
    CHECK(other.pairs.back().target_box.y2 == one.pairs.back().target_box.y2);
    CHECK(other.images.back().keypoints[15].x == one.images.back().keypoints[15].x);
    CHECK(other.images.back().keypoints[15].visible == one.images.back().keypoints[15].visible);
}

TEST_CASE("the hash of SPair's annotations is that of what they say, not of where or how", "[data]") {
    const std::string hash = read_spair(k_set.string(), "test").hash;
    CHECK(hash.size() == 64);
    const Annotations set;
    set.edit(k_image, "\"truncated\"", "\n \"trunc\"");
    CHECK(set.read().hash == hash);
    set.edit(k_image, "\"0\": [238, 186]", "\"0\": [238.5, 186]");
    const std::string moved = set.read().hash;
    CHECK(moved != hash);
    set.edit(k_image, "\"0\": [238.5, 186]", "\"0\": null");
    CHECK(set.read().hash != moved);
    set.edit(k_pair, "[104, 151, 334, 323]", "[105, 151, 334, 323]");
    CHECK(set.read().hash != moved);
}

TEST_CASE("hidden and strange files next to SPair's annotations do not count", "[data]") {
    const Annotations set;
    set.write("ImageAnnotation/.hidden/a.json", "");
    set.write("ImageAnnotation/notes.txt", "");
    set.write("PairAnnotation/test/._000000-a-b:bicycle.json", "");
    set.write("PairAnnotation/test/README", "");
    const Spair read = set.read();
    CHECK(read.hash == read_spair(k_set.string(), "test").hash);
    REQUIRE(read.notes.size() == 1);
    CHECK(contains(read.notes[0], "README"));
}

TEST_CASE("a pair that gives other sizes than its image is noted", "[data]") {
    const Annotations set;
    set.edit(k_pair, "\"trg_imsize\": [375, 500, 3]", "\"trg_imsize\": [374, 500, 3]");
    const Spair read = set.read();
    REQUIRE(read.notes.size() == 1);
    CHECK(contains(read.notes[0], "000000-2000_000000-2000_000001:bicycle"));
    CHECK(read.categories[0].pairs[0].target_width == 374);
}

TEST_CASE("what is no SPair folder, or lacks a part, is named", "[data]") {
    CHECK_THROWS_AS(read_spair(k_set.string(), "train"), core::Error);
    const Annotations set;
    CHECK(contains(set.refusal("val"), "PairAnnotation/val: no such folder"));
    CHECK(contains(set.refusal("val"), "choose a split"));
    set.write("ImageAnnotation/dog/a.json", "{}");
    CHECK(contains(set.refusal(), "empty category: no pair of \"dog\""));
    set.remove("ImageAnnotation/dog");
    CHECK(set.refusal().empty());
    set.write("PairAnnotation/test/000009-a-b:dog.json", "{}");
    CHECK(contains(set.refusal(), "000009-a-b:dog.json: its category has no folder"));
    set.remove("PairAnnotation/test/000009-a-b:dog.json");
    set.remove(k_image);
    CHECK(contains(set.refusal(), (set.root() / k_image).string() + ": no such annotation"));
    CHECK(contains(set.refusal(), k_pair));
    set.remove("ImageAnnotation");
    CHECK(contains(set.refusal(), "is no folder of SPair-71k"));
}

TEST_CASE("broken annotations are named", "[data]") {
    const Annotations set;
    for (const auto& file : {k_pair, k_image}) {
        const std::string whole = set.text(file);
        std::size_t checked = 0;
        for (std::size_t length = 0; length < whole.size(); length += 37) {
            set.write(file, whole.substr(0, length));
            CHECK(contains(set.refusal(), (set.root() / file).string() + " is not JSON"));
            ++checked;
        }
        CHECK(checked > 10);
        set.write(file, "[1, 2]");
        CHECK(contains(set.refusal(), file + ": is not a JSON object"));
        set.write(file, std::string(1000, '['));
        CHECK(contains(set.refusal(), file + " is n"));
        set.write(file, whole);
        CHECK(set.refusal().empty());
    }
}

TEST_CASE("a pair's annotation that cannot be right is named", "[data]") {
    check_refusals({
        {k_pair, "\"trg_imname\"", "\"other\"", "has no field \"trg_imname\""},
        {k_pair, "\"2000_000001.jpg\"", "7", "\"trg_imname\" is not a text"},
        {k_pair, "2000_000001.jpg", "../2000_000001.jpg", "not the name of a .jpg"},
        {k_pair, "2000_000001.jpg", ".jpg", "not the name of a .jpg"},
        {k_pair, "\"category\": \"bicycle\"", "\"category\": \"bus\"", "stands under \"bicycle\""},
        {k_pair, "[375, 500, 3]", "[375]", "not a list of width and height"},
        {k_pair, "[375, 500, 3]", "[0, 500, 3]", "\"trg_imsize\" is 0"},
        {k_pair, "[375, 500, 3]", "[375, -5, 3]", "\"trg_imsize\" is -5"},
        {k_pair, "[375, 500, 3]", "[375, 99999999999, 3]", "which no image has"},
        {k_pair, "[375, 500, 3]", "[375, 50.5, 3]", "not a whole number"},
        {k_pair, "[104, 151, 334, 323]", "[104, 151, 334]", "not a list of four numbers"},
        {k_pair, "[104, 151, 334, 323]", "[104, 151, 104, 323]", "which is empty"},
        {k_pair, "[104, 151, 334, 323]", "[104, 323, 334, 151]", "which is empty"},
        {k_pair, "[104, 151, 334, 323]", "[-1, 151, 334, 323]", "no place in an image"},
        {k_pair, "[104, 151, 334, 323]", "[null, 151, 334, 323]", "has null for a number"},
    });
}

TEST_CASE("an image's annotation that cannot be right is named", "[data]") {
    check_refusals({
        {k_image, "\"image_width\"", "\"width\"", "has no field \"image_width\""},
        {k_image, "\"image_height\": 500", "\"image_height\": \"500\"", "not a whole number"},
        {k_image, "\"category\": \"bicycle\"", "\"category\": \"bus\"", "stands under \"bicycle\""},
        {k_image, "\"kps\": {", "\"kps\": {\"30\": null, ", "31 keypoints"},
        {k_image, "\"0\": [238, 186]", "\"x\": [238, 186]", "no keypoint \"0\""},
        {k_image, "\"0\": [238, 186]", "\"0\": [238]", "keypoint 0 is neither"},
        {k_image, "\"0\": [238, 186]", "\"0\": [238, \"a\"]", "keypoint 0 has \"a\" for a number"},
        {k_image, "\"0\": [238, 186]", "\"0\": [238, 1e999]", "is not JSON"},
    });
}

TEST_CASE("a keypoint on the border of its image is one in it", "[data]") {
    const Annotations set;
    set.edit(k_image, "\"0\": [238, 186]", "\"0\": [375, 500]");
    const Spair read = set.read();
    const auto& pair = read.categories[0].pairs[0];
    CHECK(read.categories[0].images[static_cast<std::size_t>(pair.target)].keypoints[0].x == 375);
}

TEST_CASE("keypoints outside of their image are noted", "[data]") {
    const Annotations set;
    set.edit(k_image, "\"0\": [238, 186]", "\"0\": [-0.5, 186]");
    const Spair read = set.read();
    REQUIRE(read.notes.size() == 1);
    CHECK_THAT(read.notes[0], Catch::Contains("1 keypoint lies outside") &&
                                  Catch::Contains("keypoint 0 of bicycle/2000_000001 at (-0.5, 186)"));
}

TEST_CASE("a pair under another pair's name is named", "[data]") {
    const Annotations set;
    const fs::path file = set.root() / k_pair;
    fs::copy_file(file, file.parent_path() / "999999-2000_000000-2000_000002:bicycle.json");
    CHECK_THROWS_WITH(set.read(),
                      Catch::Contains("999999-2000_000000-2000_000002:bicycle.json: it is a pair of "
                                      "2000_000000 and 2000_000001"));
}

TEST_CASE("a pair without a keypoint that both images show is named", "[data]") {
    const Annotations set;
    const std::string old = set.text(k_image);
    std::string none = old.substr(0, old.find("\"kps\"")) + "\"kps\": {";
    for (int id = 0; id < k_spair_keypoints; ++id)
        none += (id ? ", \"" : "\"") + std::to_string(id) + "\": null";
    set.write(k_image, none + "}}");
    CHECK(contains(set.refusal(), k_pair + ": no keypoint is visible in both bicycle/2000_000000"));
}

// SPDX-License-Identifier: Apache-2.0
// What the training loop is handed, however it is prepared.
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/nn/causal_loss.hpp>
#include <lvr/train/pipeline.hpp>

#include "unit/refusal.hpp"
#include "unit/train_data_fixture.hpp"
#include "unit/train_feature_folder.hpp"

using namespace lvr;
using namespace lvr::train;
using test::refusal;
using test::says;

namespace {

namespace fs = std::filesystem;

const data::Tokenizer& tokenizer() {
    static const auto one =
        data::open_tokenizer(fs::path(LVR_SOURCE_DIR) / "tests/golden/conversations/llama");
    return *one;
}

/// A list with its order and images, and how it is prepared.
struct Run {
    explicit Run(const std::vector<core::Json>& samples, const OrderSettings& settings = k_usual,
                 const fs::path& images = test::golden_images())
        : file(samples),
          list(file.index()),
          order(list.index(), settings),
          features(make_online_features(test::tiny_encoder(), images, at::kCPU)) {}

    PipelineSpec spec(int rank = 0, int ranks = 1) const {
        return {.order = order,
                .list = list,
                .tokenizer = tokenizer(),
                .form = vlm::find_template(form),
                .images = *features,
                .micro_batch = 2,
                .slots = slots_of(order.settings(), 2, rank, ranks)};
    }

    static constexpr OrderSettings k_usual = {
        .batch = 16, .loss_batch = 4, .epochs = 2, .rule = OrderRule::modality};
    test::ListFile file;
    data::LlavaList list;
    SampleOrder order;
    std::unique_ptr<const ImageFeatures> features;
    std::string form = "v1";
};

std::vector<core::Json> sound_samples(std::int64_t count) {
    std::vector<core::Json> samples;
    for (std::int64_t i = 0; i < count; ++i) samples.push_back(test::sound_talk(i, i % 4 != 0));
    return samples;
}

/// All of a micro-batch in words; features by their SHA-256.
std::string in_words(const MicroBatch& batch, const ImageFeatures& source) {
    std::string words = fmt::format("group {} labels {} length {} samples {}:", batch.loss_group,
                                    batch.labels, batch.length, fmt::join(batch.samples, ","));
    for (const auto& tokens : batch.tokens)
        words += fmt::format(" [{}|{}]", fmt::join(tokens.ids, ","), fmt::join(tokens.labels, ","));
    const auto features = source.features(batch.images, at::kFloat);
    for (std::size_t i = 0; i < features.size(); ++i) {
        words += " " + batch.images[i].image;
        if (!features[i].defined()) continue;
        const auto dense = features[i].contiguous();
        words += " " + core::sha256({static_cast<const char*>(dense.const_data_ptr()), dense.nbytes()});
    }
    return words;
}

std::string in_words(const std::vector<BadSample>& bad) {
    std::string words;
    for (const auto& one : bad) words += fmt::format("{} {} {}\n", one.sample, one.name, one.what);
    return words;
}

/// Update and slot -> what is handed out; slot -1: the bad samples.
using Handed = std::map<std::pair<std::int64_t, std::int64_t>, std::string>;

void collect(const PipelineSpec& spec, const ImageFeatures& source, Handed& handed) {
    Pipeline pipeline(spec);
    for (auto update = spec.first_update; update < spec.order.updates(); ++update) {
        const auto prepared = pipeline.next();
        CHECK(prepared.update == update);
        REQUIRE(static_cast<std::int64_t>(prepared.batches.size()) == spec.slots.size());
        for (std::int64_t slot = spec.slots.begin; slot < spec.slots.end; ++slot)
            handed[{update, slot}] =
                in_words(prepared.batches[static_cast<std::size_t>(slot - spec.slots.begin)], source);
        handed[{update, -1}] += in_words(prepared.bad);
    }
    CHECK_THROWS_AS(pipeline.next(), core::Error);
    CHECK(pipeline.waited() >= 0);
}

/// The first place where two differ, in words; "" if there is none.
std::string difference(const Handed& expected, const Handed& handed) {
    for (const auto& [place, words] : expected) {
        const auto other = handed.find(place);
        if (other == handed.end()) return fmt::format("{} {} is missing", place.first, place.second);
        if (other->second != words)
            return fmt::format("{} {}:\n{}\n{}", place.first, place.second, words, other->second);
    }
    return expected.size() == handed.size() ? "" : "there is more than expected";
}

/// Samples that turn out bad when they are read among sound ones.
std::vector<core::Json> samples_with_surprises() {
    auto samples = sound_samples(37);
    samples[5]["image"] = "bad_truncated_png_rgb.png";
    samples[10]["image"] = "folder/no.jpg";
    samples[11]["image"] = "bad_text.jpg";
    return samples;
}

}  // namespace

TEST_CASE("updates depend neither on threads nor on ranks", "[train][pipeline]") {
    const Run run(samples_with_surprises());
    Handed expected;
    collect(run.spec(), *run.features, expected);
    REQUIRE(run.order.updates() == 6);
    REQUIRE(expected.size() == 6 * 9);
    int compared = 0;
    for (const int ranks : {1, 2, 4}) {
        for (const int threads : {1, 2, 3}) {
            Handed handed;
            for (int rank = 0; rank < ranks; ++rank) {
                auto spec = run.spec(rank, ranks);
                spec.threads = threads;
                spec.ahead = threads;
                collect(spec, *run.features, handed);
            }
            CHECK(difference(expected, handed) == "");
            ++compared;
        }
    }
    CHECK(compared == 9);
}

TEST_CASE("training goes on at any update", "[train][pipeline]") {
    const Run run(sound_samples(37));
    Handed expected, handed;
    collect(run.spec(), *run.features, expected);
    auto spec = run.spec();
    spec.first_update = 4;
    collect(spec, *run.features, handed);
    CHECK(handed.size() == 2 * 9);
    for (const auto& [place, words] : handed) CHECK(expected.at(place) == words);
}

TEST_CASE("cached features give the same updates", "[train][pipeline]") {
    const test::TemporaryTree tree;
    auto images = test::k_pictures;
    images.insert(images.end(), {"bad_truncated_png_rgb.png", "folder/no.jpg", "bad_text.jpg"});
    test::write_features(tree.root(), images);
    Run run(samples_with_surprises());
    Handed computed, cached;
    collect(run.spec(), *run.features, computed);
    run.features = make_cached_features(tree.root(), at::kCPU);
    auto spec = run.spec();
    spec.threads = 2;
    collect(spec, *run.features, cached);
    CHECK(difference(computed, cached) == "");
}

TEST_CASE("samples that turn out bad leave their places empty", "[train][pipeline]") {
    const Run run(samples_with_surprises(), {.batch = 40, .loss_batch = 4, .rule = OrderRule::uniform});
    Pipeline pipeline(run.spec());
    const auto update = pipeline.next();
    REQUIRE(update.batches.size() == 20);
    std::map<std::int64_t, std::string> bad;
    for (const auto& one : update.bad) bad[one.sample] = one.name + " -> " + one.what;
    REQUIRE(bad.size() == 3);
    CHECK(says(bad[5], "list.json: sample 6 (id s5) -> bad_truncated_png_rgb.png: "));
    CHECK(says(bad[10], "sample 11 (id s10) -> folder/no.jpg: there is no such file"));
    CHECK(says(bad[11], "sample 12 (id s11) -> bad_text.jpg: "));
    for (std::int64_t slot = 0; slot < 20; ++slot) {
        auto samples = run.order.samples_of(0, slot, 2);
        std::erase_if(samples, [&](auto sample) { return bad.count(sample) > 0; });
        const auto& batch = update.batches[static_cast<std::size_t>(slot)];
        CHECK(batch.samples == samples);
        CHECK(batch.tokens.size() == samples.size());
        CHECK(batch.images.size() == samples.size());
        CHECK(batch.loss_group == slot / 2);
    }
}

TEST_CASE("what cannot be written as the template wants is bad, too", "[train][pipeline]") {
    auto samples = sound_samples(4);  // the first has four turns
    Run run(samples, {.batch = 4, .loss_batch = 4});
    run.form = "plain";
    const auto update = Pipeline(run.spec()).next();
    REQUIRE(update.bad.size() == 1);
    CHECK(update.bad[0].sample == 0);
    CHECK(says(update.bad[0].what, "has 4 turns where a picture and its caption are wanted"));
}

TEST_CASE("with the policy stop a bad sample comes out by name, in place of its update",
          "[train][pipeline]") {
    auto samples = sound_samples(24);
    for (std::size_t i = 0; i < samples.size(); ++i)
        if (i % 4 != 0) samples[i]["image"] = test::k_pictures[0];
    const Run sound(samples, {.batch = 4, .loss_batch = 4});
    const auto victim = [&] {  // has a picture, of the fourth update
        for (const auto sample : sound.order.samples_of(3, 0, 4))
            if (sample % 4 != 0) return sample;
        return std::int64_t{-1};
    }();
    REQUIRE(victim >= 0);
    samples[static_cast<std::size_t>(victim)]["image"] = "bad_text.jpg";
    int runs = 0;
    for (const int threads : {1, 3}) {
        const Run run(samples, {.batch = 4, .loss_batch = 4, .bad = BadSamples::stop});
        auto spec = run.spec();
        spec.threads = threads;
        spec.ahead = 6;
        Pipeline pipeline(spec);
        for (int update = 0; update < 3; ++update) CHECK(pipeline.next().bad.empty());
        for (int again = 0; again < 2; ++again) {
            const auto said = refusal([&] { pipeline.next(); });
            CHECK(says(said, fmt::format("sample {} (id s{}): bad_text.jpg: ", victim + 1, victim)));
            CHECK(says(said, "--bad-samples skip"));
        }
        ++runs;
    }
    CHECK(runs == 2);
}

TEST_CASE("the run's fault comes out with the sample that met it", "[train][pipeline]") {
    const test::TemporaryTree tree;
    test::write_features(tree.root(), {test::k_pictures[0]});
    Run run(sound_samples(12), {.batch = 12, .loss_batch = 4});
    run.features = make_cached_features(tree.root(), at::kCPU);
    Pipeline pipeline(run.spec());
    const auto said = refusal([&] { pipeline.next(); });
    CHECK(says(said, "list.json: sample "));
    CHECK(says(said, tree.root().string() + ": holds no features of "));
    fs::create_directories(tree.root() / "images");
    const Run gone(sound_samples(12), {.batch = 12, .loss_batch = 4}, tree.root() / "images");
    fs::remove(tree.root() / "images");
    Pipeline without(gone.spec());
    CHECK(says(refusal([&] { without.next(); }), "images are gone"));
}

namespace {

/// Splices a micro-batch and counts again.
void check_counts(const MicroBatch& batch, const ImageFeatures& source, std::int64_t longest) {
    const auto vocabulary = tokenizer().vocabulary();
    const auto embedding_VD = at::zeros({vocabulary, source.channels()});
    const auto spliced = vlm::splice(batch.tokens, source.features(batch.images, at::kFloat), embedding_VD,
                                     {.longest = longest});
    CHECK(batch.labels == nn::learned_labels(spliced.labels_BL));
    std::int64_t length = 0;
    for (const auto row : spliced.lengths) length += row;
    CHECK(batch.length == length);
}

}  // namespace

TEST_CASE("labels and lengths are those behind the splice", "[train][pipeline]") {
    auto samples = sound_samples(20);
    samples[1]["conversations"][1]["value"] = "An <unk> answer.";  // hidden by the published mask
    samples[2]["conversations"][0]["value"] = "No mark.";
    samples[3] = test::talk("png_rgb.png", {"<image> one?", "Yes.", "<image> two?", "Yes.", "And?", "No."});
    samples[6]["conversations"][1]["value"] = "An ASSISTANT: answer.";
    int batches = 0, mismatches = 0;
    for (const auto masks : {vlm::MaskRule::published, vlm::MaskRule::corrected}) {
        for (const std::int64_t longest : {0, 9, 40, 70}) {
            for (const std::int64_t ids : {30, 2048}) {
                const Run run(samples, {.batch = 20, .loss_batch = 4});
                auto spec = run.spec();
                spec.tokenise = {masks, ids};
                spec.collate = {.longest = ids, .masks = masks};
                spec.longest = longest;
                Pipeline pipeline(spec);
                const auto update = pipeline.next();
                CHECK(update.bad.empty());
                mismatches += static_cast<int>(update.mismatches);
                for (const auto& batch : update.batches) {
                    check_counts(batch, *run.features, longest);
                    ++batches;
                }
            }
        }
    }
    CHECK(batches == 2 * 4 * 2 * 10);
    CHECK(mismatches > 0);
}

TEST_CASE("all placeholders of a sample see its one picture", "[train][pipeline]") {
    const Run run({test::talk("png_rgb.png", {"<image> one?", "Yes.", "<image> two?", "Yes."}),
                   test::talk("png_palette.png", {"No mark.", "Yes."})},
                  {.batch = 2, .loss_batch = 2});
    const auto update = Pipeline(run.spec()).next();
    const auto& batch = update.batches.at(0);
    REQUIRE(batch.images.size() == 3);
    const std::size_t first = batch.samples[0] == 0 ? 0 : 1, unseen = first == 0 ? 2 : 0;
    CHECK(batch.images[first].image == "png_rgb.png");
    CHECK(batch.images[first + 1].image == "png_rgb.png");
    CHECK(batch.images[first].features_TC.const_data_ptr() ==
          batch.images[first + 1].features_TC.const_data_ptr());
    CHECK(batch.images[unseen].empty());
}

TEST_CASE("a pipeline that is left early stops", "[train][pipeline]") {
    const Run run(sound_samples(40));
    auto spec = run.spec();
    spec.threads = 3;
    spec.ahead = 2;
    { Pipeline unused(spec); }
    {
        Pipeline pipeline(spec);
        pipeline.next();
    }
    SUCCEED();
}

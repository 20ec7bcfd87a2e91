// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/caption_pairs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/par/together.hpp>
#include <lvr/vlm/conversation.hpp>

namespace lvr::eval {
namespace {

/// Samples with a picture and a caption.
std::vector<std::int64_t> sound(const data::LlavaIndex& index) {
    // An instruction without a place for the picture is thrown away all the same.
    constexpr auto harmless = 1U << static_cast<int>(data::SampleFault::image_without_placeholder);
    std::vector<std::int64_t> samples;
    for (std::int64_t i = 0; i < index.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (index.images[at] != 0 && (index.faults[at] & ~harmless) == 0) samples.push_back(i);
    }
    return samples;
}

/// The first `count` of them (0: all), no two of one picture.
std::vector<std::int64_t> of_different_pictures(const data::LlavaList& list,
                                                const std::vector<std::int64_t>& samples,
                                                std::int64_t count) {
    std::vector<std::int64_t> chosen;
    std::set<std::string> pictures;
    for (const auto sample : samples) {
        if (count > 0 && std::ssize(chosen) == count) break;
        if (pictures.insert(list.read(sample).image).second) chosen.push_back(sample);
    }
    return chosen;
}

}  // namespace

CaptionPairs choose_pairs(const par::Comm& group, const std::string& file, std::int64_t count,
                          std::uint64_t seed) {
    data::LlavaIndex index;
    CaptionPairs pairs;
    par::together(group, [&] {
        if (group.rank() != 0) return;
        index = data::index_llava(file);
        pairs.sha256 = core::sha256_of_file(file);
        auto samples = sound(index);
        if (count > 0) core::KeyedRng(seed, {"caption_loglik"}).shuffle(samples);
        pairs.chosen = of_different_pictures(data::LlavaList(index), samples, count);
        std::ranges::sort(pairs.chosen);
        const auto there = std::ssize(pairs.chosen);
        if (there == 0 || there < count)
            throw core::input_error(fmt::format("{}: has {} pairs of a picture and a caption, {} are wanted",
                                                file, there, std::max<std::int64_t>(count, 1)),
                                    "", "name a larger list with --captions, or fewer --pairs");
    });
    group.broadcast(index);
    group.broadcast(pairs.chosen);
    group.broadcast(pairs.sha256);
    pairs.list = std::make_shared<const data::LlavaList>(std::move(index));
    return pairs;
}

CaptionTokens tokens_of(const data::LlavaSample& pair, const data::Tokenizer& tokenizer) {
    const auto tokens = vlm::tokenise(
        pair, vlm::find_template("plain"), tokenizer,
        {.masks = vlm::MaskRule::published, .longest = std::numeric_limits<std::int64_t>::max()});
    const auto first =
        std::ranges::find_if(tokens.labels, [](std::int64_t label) { return label != vlm::k_ignore_label; });
    const auto split = first - tokens.labels.begin();
    if (first == tokens.labels.end() ||
        std::find(first, tokens.labels.end(), vlm::k_ignore_label) != tokens.labels.end())
        throw core::input_error(pair.name + ": its caption is not one run of tokens",
                                "its likelihood has no meaning", "take it out of the list");
    return {{tokens.ids.begin(), tokens.ids.begin() + split}, {tokens.ids.begin() + split, tokens.ids.end()}};
}

}  // namespace lvr::eval

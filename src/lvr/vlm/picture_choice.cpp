// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/picture_choice.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/vlm/conversation.hpp>

namespace lvr::vlm {

PictureChoice choose_pictures(PictureRule rule, std::int64_t placeholders, std::int64_t pictures) {
    core::ensure(placeholders >= 0 && pictures >= 0, "numbers of placeholders and pictures");
    PictureChoice choice;
    const auto places = static_cast<std::size_t>(placeholders);
    if (placeholders == 0) return choice;
    const auto wanted = rule == PictureRule::all ? placeholders : 1;
    if (pictures < wanted || (rule == PictureRule::reference && placeholders > 1)) {
        choice.of_placeholder.assign(places, -1);
        choice.empty_answer = true;
        return choice;
    }
    for (std::int64_t i = 0; i < placeholders; ++i) choice.of_placeholder.push_back(i < wanted ? i : -1);
    return choice;
}

std::vector<std::int64_t> with_chosen_pictures(std::vector<std::int64_t> ids, const PictureChoice& choice) {
    std::size_t place = 0;
    std::vector<std::int64_t> kept;
    for (const std::int64_t id : ids) {
        if (id == k_image_id) {
            core::ensure(place < choice.of_placeholder.size(), "a choice for each placeholder");
            if (choice.of_placeholder[place++] < 0) continue;
        }
        kept.push_back(id);
    }
    core::ensure(place == choice.of_placeholder.size(), "a placeholder for each choice");
    return kept;
}

PictureRule picture_rule_named(const std::string& name) {
    if (name == "reference") return PictureRule::reference;
    if (name == "all") return PictureRule::all;
    if (name == "first") return PictureRule::first;
    throw core::usage_error(fmt::format("unknown picture rule '{}'", name), "",
                            "known are reference, all and first");
}

}  // namespace lvr::vlm

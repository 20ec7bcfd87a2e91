// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lvr::vlm {

/// What is done with a question's pictures.
enum class PictureRule {
    reference,  ///< the paper's evaluation: the first alone is encoded; two placeholders or more: it fails
    all,        ///< each placeholder has its own, as upstream LLaVA
    first       ///< the first stands in the first placeholder; the others are taken out of the prompt
};

struct PictureChoice {
    /// For each placeholder: which picture, from 0; -1: none, the placeholder is taken out of the prompt.
    std::vector<std::int64_t> of_placeholder;
    bool empty_answer = false;  ///< the answer is "" and the model is not asked
};

/// A prompt without a placeholder is asked as text, whatever pictures there are. Where a rule wants a picture
/// that is not there the answer is empty, as the reference's wrapper fails there.
PictureChoice choose_pictures(PictureRule rule, std::int64_t placeholders, std::int64_t pictures);

/// The prompt without the placeholders that have no picture.
/// @param ids with k_image_id for images, as many as the choice has places
std::vector<std::int64_t> with_chosen_pictures(std::vector<std::int64_t> ids, const PictureChoice& choice);

/// "reference", "all", "first". @throws Error (usage) for any other
PictureRule picture_rule_named(const std::string& name);

}  // namespace lvr::vlm

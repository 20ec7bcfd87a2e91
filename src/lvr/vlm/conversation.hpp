// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/data/llava_list.hpp>
#include <lvr/data/tokenizer.hpp>

namespace lvr::vlm {

/// A label that no loss is taken of.
inline constexpr std::int64_t k_ignore_label = -100;
/// An id that stands for an image's tokens.
inline constexpr std::int64_t k_image_id = -200;

/// How a role's turn is written: before, value, after; without a value only `when_empty`.
struct TurnText {
    std::string_view before, after, when_empty;
};

/// How a talk is written: the system's text, then the turns.
struct Template {
    std::string_view name;
    std::string_view system;
    TurnText human, gpt;
    std::string_view learned_after;  ///< what of gpt.after belongs to the answer: the mark that ends it
    bool captions = false;  ///< two turns whatever their roles, and of the first only its image counts
};

/// - `plain` (stage 1): placeholder, caption, line end.
/// - `v1`, `vicuna_v1` (stage 2): Vicuna's, rounds that end with "</s>".
/// - `chatml`: Qwen2.5's, with its system text.
/// @throws core::Error (usage) if there is none of that name
const Template& find_template(std::string_view name);

/// Each turn with a placeholder gets one, in front and on a line of its own: all are taken out, white space
/// at the ends too. Texts of samples without an image stay as they are.
data::LlavaSample place_images(data::LlavaSample sample);

/// Bytes of a text.
struct TextSpan {
    std::size_t begin = 0, end = 0;
};

/// A talk as one text.
struct Prompt {
    std::string text;
    std::vector<TextSpan> answers;  ///< what is to be learned, with the mark that ends it
    bool has_image = false;         ///< placeholders stand for images; else they are letters like others
};

/// @throws core::Error (input) naming the sample where the published code stops: `plain` without exactly two
/// turns, roles that do not take turns (one answer in front is dropped), no turns
Prompt write_prompt(const data::LlavaSample& sample, const Template& form);

/// A talk that ends where an answer is to begin: what a model is given to go on from. `plain`: the
/// placeholder alone.
/// @param sample of turns as write_prompt takes them, the last of which is human's
/// @throws core::Error (input) as write_prompt, and where the last turn is not human's
Prompt write_question(const data::LlavaSample& sample, const Template& form);

/// The ids of a text, k_image_id where a placeholder stands: the parts between placeholders are tokenised
/// each by itself, of their BOS only the first is kept.
std::vector<std::int64_t> encode_with_images(std::string_view text, const data::Tokenizer& tokenizer);

enum class MaskRule {
    /// As the recipe was published: answers are found by counting ids round by round. For `v1` an answer with
    /// "</s>" or
    /// " ASSISTANT: " in it, an empty last answer or an id equal to pad makes the counts differ: nothing of
    /// such a sample
    /// is learned.
    published,
    /// Every id that holds a byte of an answer, or of the mark that ends it, is learned.
    corrected,
};

struct TokeniseOptions {
    MaskRule masks = MaskRule::published;
    /// Ids; text-only samples are cut to it here, those with images by `collated` (behind it labels may be
    /// missing).
    std::int64_t longest = 2048;
};

/// To be asked once, ahead of the samples.
/// @throws core::Error (usage) for published masks of `v1` with a tokenizer whose ids they cannot count: one
/// that does not put BOS in front, or has no one id for "</s>"; every sample would be a mismatch
void check_form(const Template& form, MaskRule masks, const data::Tokenizer& tokenizer);

/// What a sample is for the language model.
struct Tokens {
    std::vector<std::int64_t> ids;     ///< k_image_id for an image
    std::vector<std::int64_t> labels;  ///< of the same length: the id itself, or k_ignore_label
    bool mismatch = false;             ///< the counts differ, so nothing is learned (published `v1` only)
};

/// Places the images, writes the prompt, tokenises it and masks what is not learned. `chatml` has one rule,
/// the corrected one: none was published. @throws core::Error (input) as write_prompt
Tokens tokenise(const data::LlavaSample& sample, const Template& form, const data::Tokenizer& tokenizer,
                const TokeniseOptions& options = {});

/// The id that fills up a batch: the recipe takes unk where there is one.
std::int64_t padding_id(const data::Tokenizer& tokenizer);

}  // namespace lvr::vlm

// SPDX-License-Identifier: Apache-2.0
#include "published_masks.hpp"

#include <algorithm>
#include <string>

#include <lvr/core/error.hpp>

namespace lvr::vlm {
namespace {

constexpr std::string_view k_end = "</s>", k_answer = " ASSISTANT: ";

void ignore(std::vector<std::int64_t>& labels, std::size_t begin, std::size_t end) {
    end = std::min(end, labels.size());
    if (begin < end)
        std::fill(labels.begin() + static_cast<std::ptrdiff_t>(begin),
                  labels.begin() + static_cast<std::ptrdiff_t>(end), k_ignore_label);
}

/// Where the one " ASSISTANT: " of a round ends; npos unless there is exactly one.
std::size_t end_of_question(std::string_view round) {
    const auto at = round.find(k_answer);
    if (at == std::string_view::npos) return at;
    const auto end = at + k_answer.size();
    return round.find(k_answer, end) == std::string_view::npos ? end : std::string_view::npos;
}

/// Why the published rule cannot count a tokenizer's ids; empty if it can.
std::string obstacle(const Template& form, const data::Tokenizer& tokenizer) {
    const auto nothing = tokenizer.encode("", true);
    if (nothing.size() != 1 || tokenizer.bos != nothing.front())
        return "does not put its BOS alone around a text";
    if (tokenizer.encode(k_end, false).size() != 1) return "has more than one id for \"</s>\"";
    const data::LlavaSample talk{
        "", "", {{"human", "USER"}, {"gpt", "USER"}, {"human", "USER"}, {"gpt", "USER"}}};
    if (tokenise(talk, form, tokenizer).mismatch)
        return "has not the same number of ids for a round by itself as for one within a talk";
    return "";
}

}  // namespace

void check_form(const Template& form, MaskRule masks, const data::Tokenizer& tokenizer) {
    if (form.name != "v1" || masks != MaskRule::published) return;
    const auto why = obstacle(form, tokenizer);
    if (why.empty()) return;
    throw core::usage_error(
        "the published masks of the form v1 do not fit this language model's tokenizer, which " + why,
        "they count ids round by round as LLaMA's has them: nothing would be learned of any sample",
        "use --masks corrected, or with Qwen2.5 --finetune-form chatml");
}

std::size_t PublishedMask::count(std::string_view text) const {
    return encode_prompt(prompt, text, tokenizer).size();
}

void PublishedMask::caption(Tokens& tokens) const {
    tokens.labels = tokens.ids;
    const std::size_t begin = prompt.answers.front().begin;
    ignore(tokens.labels, 0, count(std::string_view(prompt.text).substr(0, begin)));
}

void PublishedMask::rounds(Tokens& tokens) const {
    tokens.labels = tokens.ids;
    ignore(tokens.labels, 0, 1);
    std::size_t at = 1, extra = 0;
    for (std::string_view rest = prompt.text; !rest.empty();) {
        const auto end = rest.find(k_end);
        const std::string_view round = rest.substr(0, end);
        const auto question = end_of_question(round);
        if (question == std::string_view::npos) break;
        // A round by itself begins with BOS, which stands for the "</s>" that it lacks; a later one also with
        // the two pieces of " USER" where behind "</s>" there is the one of "USER" (but under the legacy rule
        // the same two). A question ends with a space that belongs to the answer's first piece.
        const std::size_t asked = count(round.substr(0, question));
        ignore(tokens.labels, at, at + (asked > 2 + extra ? asked - 2 - extra : 0));
        at += count(round) - extra;
        extra = tokenizer.legacy ? 0 : 1;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + k_end.size());
    }
    ignore(tokens.labels, at, tokens.labels.size());
    const auto padding = padding_id(tokenizer);
    const auto fillers = std::count(tokens.ids.begin(), tokens.ids.end(), padding);
    tokens.mismatch = at < longest && at + static_cast<std::size_t>(fillers) != tokens.ids.size();
    if (tokens.mismatch) ignore(tokens.labels, 0, tokens.labels.size());
}

}  // namespace lvr::vlm

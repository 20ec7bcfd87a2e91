// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/conversation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <lvr/core/error.hpp>
#include <lvr/data/white_space.hpp>

#include "corrected_masks.hpp"
#include "published_masks.hpp"

namespace lvr::vlm {
namespace {

using data::k_image_mark;
using Ids = std::vector<std::int64_t>;

constexpr std::array k_templates = {
    Template{"plain", "", {"", "", ""}, {"", "\n", "\n"}, "\n", true},
    Template{"v1",
             "A chat between a curious user and an artificial intelligence assistant. The assistant gives "
             "helpful, detailed, and polite answers to the user's questions. ",
             {"USER: ", " ", "USER:"},
             {"ASSISTANT: ", "</s>", "ASSISTANT:"},
             "</s>"},
    Template{"chatml",
             "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful "
             "assistant.<|im_end|>\n",
             {"<|im_start|>user\n", "<|im_end|>\n", "<|im_start|>user\n<|im_end|>\n"},
             {"<|im_start|>assistant\n", "<|im_end|>\n", "<|im_start|>assistant\n<|im_end|>\n"},
             "<|im_end|>"}};

[[noreturn]] void refuse(const data::LlavaSample& sample, const std::string& problem) {
    throw core::input_error(sample.name + ": " + problem, "it cannot be written as a talk",
                            "correct it, or let such samples be skipped");
}

bool has_mark(std::string_view text) { return text.find(k_image_mark) != std::string_view::npos; }

std::string without_marks(std::string_view text) {
    std::string rest;
    for (std::size_t at; (at = text.find(k_image_mark)) != std::string_view::npos;) {
        rest += text.substr(0, at);
        text.remove_prefix(at + k_image_mark.size());
    }
    return rest += text;
}

Prompt write_caption(const data::LlavaSample& sample, const Template& form) {
    if (sample.turns.size() != 2)
        refuse(sample,
               fmt::format("has {} turns where a picture and its caption are wanted", sample.turns.size()));
    const auto& told = sample.turns[0].value;
    Prompt prompt{has_mark(told) ? std::string(k_image_mark) : told, {}, true};
    const std::size_t begin = prompt.text.size();
    prompt.text.append(sample.turns[1].value).append(form.gpt.after);
    prompt.answers.push_back({begin, prompt.text.size()});
    return prompt;
}

void add_answer(Prompt& prompt, const std::string& value, const Template& form) {
    // The space that stands before an answer is part of its first token.
    const auto last = form.gpt.before.find_last_not_of(' ');
    const std::size_t begin = prompt.text.size() + (last == std::string_view::npos ? 0 : last + 1);
    prompt.text.append(form.gpt.before).append(value);
    prompt.answers.push_back({begin, prompt.text.size() + form.learned_after.size()});
    prompt.text.append(form.gpt.after);
}

Prompt write_rounds(const data::LlavaSample& sample, const Template& form) {
    if (sample.turns.empty()) refuse(sample, "has no turns");
    for (const auto& turn : sample.turns)
        if (turn.from != "human" && turn.from != "gpt")
            refuse(sample,
                   fmt::format("has a turn from `{}`: there are human and gpt", turn.from.substr(0, 100)));
    Prompt prompt{std::string(form.system), {}, sample.has_image()};
    const std::size_t first = sample.turns.front().from == "human" ? 0 : 1;
    for (std::size_t i = first; i < sample.turns.size(); ++i) {
        const auto& [from, value] = sample.turns[i];
        const bool human = (i - first) % 2 == 0;
        if (from != (human ? "human" : "gpt")) refuse(sample, "has roles that do not take turns");
        const TurnText& role = human ? form.human : form.gpt;
        if (value.empty())
            prompt.text.append(role.when_empty);
        else if (human)
            prompt.text.append(role.before).append(value).append(role.after);
        else
            add_answer(prompt, value, form);
    }
    return prompt;
}

}  // namespace

const Template& find_template(std::string_view name) {
    if (name == "vicuna_v1") name = "v1";
    for (const auto& form : k_templates)
        if (form.name == name) return form;
    throw core::usage_error(fmt::format("there is no conversation template `{}`", name), "",
                            "take plain, v1 (or vicuna_v1) or chatml");
}

data::LlavaSample place_images(data::LlavaSample sample) {
    if (!sample.has_image()) return sample;
    for (auto& turn : sample.turns) {
        if (!has_mark(turn.value)) continue;
        const std::string text = without_marks(turn.value);
        const std::string_view rest = data::strip(text);
        turn.value = std::string(k_image_mark);
        if (!rest.empty()) turn.value.append("\n").append(rest);
    }
    return sample;
}

Prompt write_prompt(const data::LlavaSample& sample, const Template& form) {
    return form.captions ? write_caption(sample, form) : write_rounds(sample, form);
}

Prompt write_question(const data::LlavaSample& sample, const Template& form) {
    if (sample.turns.empty() || sample.turns.back().from != "human")
        refuse(sample, "has no question at its end");
    if (form.captions) {
        if (sample.turns.size() != 1)
            refuse(sample, fmt::format("has {} turns where a picture alone is wanted", sample.turns.size()));
        return {std::string(k_image_mark), {}, true};
    }
    Prompt prompt = write_rounds(sample, form);
    // The space that stands before an answer is part of its first token.
    prompt.text.append(form.gpt.before.substr(0, form.gpt.before.find_last_not_of(' ') + 1));
    return prompt;
}

Ids encode_with_images(std::string_view text, const data::Tokenizer& tokenizer) {
    // Not what the first chunk begins with: a text may begin with what is a model's BOS, as chatml does with
    // SmolLM2's.
    const Ids nothing = tokenizer.encode("", true);
    const bool adds_bos = !nothing.empty() && tokenizer.bos && nothing.front() == *tokenizer.bos;
    Ids ids;
    for (bool first = true;; first = false) {
        const auto at = text.find(k_image_mark);
        const Ids chunk = tokenizer.encode(text.substr(0, at), true);
        ids.insert(ids.end(), chunk.begin() + (adds_bos && !first ? 1 : 0), chunk.end());
        if (at == std::string_view::npos) return ids;
        ids.push_back(k_image_id);
        text.remove_prefix(at + k_image_mark.size());
    }
}

Ids encode_prompt(const Prompt& prompt, std::string_view text, const data::Tokenizer& tokenizer) {
    return prompt.has_image ? encode_with_images(text, tokenizer) : tokenizer.encode(text, true);
}

std::int64_t padding_id(const data::Tokenizer& tokenizer) {
    const auto pad = tokenizer.unk ? tokenizer.unk : tokenizer.pad ? tokenizer.pad : tokenizer.eos;
    if (!pad)
        throw core::input_error("the tokenizer names no token for padding", "",
                                "name a pad_token in tokenizer_config.json");
    return *pad;
}

Tokens tokenise(const data::LlavaSample& sample, const Template& form, const data::Tokenizer& tokenizer,
                const TokeniseOptions& options) {
    const Prompt prompt = write_prompt(place_images(sample), form);
    Tokens tokens{encode_prompt(prompt, prompt.text, tokenizer), {}, false};
    const auto longest = static_cast<std::size_t>(std::max<std::int64_t>(options.longest, 1));
    if (!prompt.has_image && tokens.ids.size() > longest) tokens.ids.resize(longest);
    const PublishedMask mask{prompt, tokenizer, longest};
    const bool corrected = options.masks == MaskRule::corrected;
    if (form.captions && !corrected)
        mask.caption(tokens);
    else if (form.name == "v1" && !corrected)
        mask.rounds(tokens);
    else
        tokens.labels = corrected_labels(prompt, tokens.ids, tokenizer, {form.learned_after, longest});
    return tokens;
}

}  // namespace lvr::vlm

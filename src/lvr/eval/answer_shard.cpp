// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/answer_shard.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/data/white_space.hpp>
#include <lvr/eval/on_single_cores.hpp>
#include <lvr/run/signals.hpp>
#include <lvr/vlm/generate.hpp>

namespace lvr::eval {
namespace {

constexpr std::string_view k_stop_string = "ASSISTANT:";
constexpr std::size_t k_key_digits = 16;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// A picture's bytes and what is made of them; of those that questions share there is one.
struct Picture {
    std::string name;
    std::vector<std::uint8_t> bytes;
    encoders::PreparedImage prepared;
    at::Tensor features_TC;
    std::string problem;
};

/// A question on its way to the model.
struct Asked {
    Prompt prompt;
    std::vector<std::string> keys;                 ///< of prompt.pictures
    std::vector<std::vector<std::uint8_t>> bytes;  ///< likewise; moved to the shared pictures
    std::string image;                             ///< key of the first picture shown
    std::string problem;
};

std::string key_of(const std::vector<std::uint8_t>& bytes) {
    return core::sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

class Shard {
  public:
    Shard(const AnswerSpec& spec, std::span<const std::int64_t> rows)
        : spec_(spec), rows_(rows), asked_(rows.size()) {}

    std::vector<files::AnswerRecord> run() {
        on_single_cores(std::ssize(rows_), spec_.threads, [&](std::int64_t i) { read(at(i), i); });
        gather();
        on_single_cores(std::ssize(order_), spec_.threads,
                        [&](std::int64_t i) { prepare(*order_[static_cast<std::size_t>(i)]); });
        encode();
        return answer();
    }

  private:
    Asked& at(std::int64_t i) { return asked_[static_cast<std::size_t>(i)]; }
    std::int64_t row(std::int64_t i) const { return rows_[static_cast<std::size_t>(i)]; }

    std::vector<std::uint8_t> bytes_of(std::int64_t i, const tasks::PictureRef& picture) const {
        return spec_.task.rows.picture(row(i), picture.column, picture.position);
    }

    void read(Asked& asked, std::int64_t i) {
        try {
            asked.prompt = prompt_of(spec_.task, row(i), spec_.asking);
            for (const auto& picture : asked.prompt.pictures) {
                asked.bytes.push_back(bytes_of(i, picture));
                asked.keys.push_back(key_of(asked.bytes.back()));
            }
            if (!asked.prompt.shown.empty()) {
                const auto first = asked.prompt.pictures.empty() ? key_of(bytes_of(i, asked.prompt.shown[0]))
                                                                 : asked.keys[0];
                asked.image = first.substr(0, k_key_digits);
            }
        } catch (const data::ImageError& error) {
            if (asked.prompt.is_asked) asked.problem = first_line(error.what());
        }
    }

    void gather() {
        for (std::int64_t i = 0; i < std::ssize(rows_); ++i) {
            auto& asked = at(i);
            if (!asked.problem.empty()) continue;
            for (std::size_t p = 0; p < asked.keys.size(); ++p) {
                const auto [known, is_new] = pictures_.try_emplace(asked.keys[p]);
                if (!is_new) continue;
                known->second = {.name = spec_.task.rows.name(row(i)), .bytes = std::move(asked.bytes[p])};
                order_.push_back(&known->second);
            }
            asked.bytes.clear();
        }
    }

    void prepare(Picture& picture) const {
        try {
            picture.prepared = spec_.model.encoder->prepare(picture.bytes, picture.name);
        } catch (const data::ImageError& error) {
            picture.problem = first_line(error.what());
        }
        picture.bytes = {};
    }

    void encode() {
        std::vector<Picture*> sound;
        std::ranges::copy_if(order_, std::back_inserter(sound),
                             [](const Picture* picture) { return picture->problem.empty(); });
        for (std::size_t begin = 0; begin < sound.size();) {
            run::stop_if_requested();
            const auto end = std::min(sound.size(), begin + static_cast<std::size_t>(spec_.batch));
            std::vector<encoders::PreparedImage> batch;
            for (auto i = begin; i < end; ++i) batch.push_back(std::exchange(sound[i]->prepared, {}));
            auto features = spec_.model.encoder->features(batch, spec_.model.dtype);
            for (auto i = begin; i < end; ++i) sound[i]->features_TC = std::move(features[i - begin]);
            begin = end;
        }
    }

    std::vector<files::AnswerRecord> answer() {
        std::vector<files::AnswerRecord> records;
        std::vector<vlm::Question> questions;
        std::vector<std::size_t> whose;
        for (std::int64_t i = 0; i < std::ssize(rows_); ++i) {
            auto& asked = at(i);
            vlm::Question question{.prompt = asked.prompt.ids, .most = spec_.most_tokens};
            for (const auto& key : asked.keys) {
                const auto found = pictures_.find(key);
                if (found == pictures_.end()) continue;  // the question has a problem already
                if (asked.problem.empty()) asked.problem = found->second.problem;
                question.features.push_back(found->second.features_TC);
            }
            records.push_back({.row = row(i), .image = asked.image, .problem = asked.problem});
            if (!asked.prompt.is_asked || !asked.problem.empty()) continue;
            questions.push_back(std::move(question));
            whose.push_back(records.size() - 1);
        }
        const auto answers = vlm::answer(
            spec_.model.mllm, questions,
            {.stops = spec_.model.stops, .batch = spec_.batch, .between = [] { run::stop_if_requested(); }});
        for (std::size_t i = 0; i < answers.size(); ++i) {
            auto& record = records[whose[i]];
            record.answer = answer_text(*spec_.model.tokenizer, answers[i].ids, spec_.applies_stop_strings);
            record.ended = answers[i].ended;
            record.prompt_tokens = answers[i].prompt_tokens;
            record.ids = answers[i].ids;
            record.problem = answers[i].problem;
        }
        return records;
    }

    const AnswerSpec& spec_;
    std::span<const std::int64_t> rows_;
    std::vector<Asked> asked_;
    std::map<std::string, Picture> pictures_;
    std::vector<Picture*> order_;
};

}  // namespace

std::vector<files::AnswerRecord> answer_rows(const AnswerSpec& spec, std::span<const std::int64_t> rows) {
    return Shard(spec, rows).run();
}

std::string answer_text(const data::Tokenizer& tokenizer, std::span<const std::int64_t> ids,
                        bool applies_stop_strings) {
    std::vector<std::int64_t> known;
    std::ranges::copy_if(ids, std::back_inserter(known),
                         [&](std::int64_t id) { return id < tokenizer.vocabulary(); });
    auto text = tokenizer.decode(known, true);
    if (applies_stop_strings) text = text.substr(0, text.find(k_stop_string));
    return std::string(data::strip(text));
}

}  // namespace lvr::eval

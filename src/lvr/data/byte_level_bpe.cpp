// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/byte_level_bpe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include <lvr/data/bpe_model.hpp>
#include <lvr/data/pre_tokenizer.hpp>
#include <lvr/data/token_decoder.hpp>
#include <lvr/data/unicode_text.hpp>

namespace lvr::data {
namespace {

std::vector<NormalForm> read_normaliser(const TokenizerJson& json, const std::string& file, int depth = 0) {
    if (json.is_null()) return {};
    const auto type = text_of(json, "type", file);
    if (type == "NFC") return {NormalForm::nfc};
    if (type == "NFD") return {NormalForm::nfd};
    if (type == "NFKC") return {NormalForm::nfkc};
    if (type == "NFKD") return {NormalForm::nfkd};
    if (type != "Sequence" || depth >= 4) throw unknown_to_us(file, "a normalizer \"" + type + "\"");
    std::vector<NormalForm> forms;
    const auto& parts = member(json, "normalizers");
    if (!parts.is_array()) throw bad_tokenizer(file, "\"normalizers\" is missing, or no list");
    for (const auto& part : parts) {
        const auto more = read_normaliser(part, file, depth + 1);
        forms.insert(forms.end(), more.begin(), more.end());
    }
    return forms;
}

class ByteLevelBpe final : public Tokenizer {
  public:
    ByteLevelBpe(const TokenizerJson& json, std::string file, const TokenizerSettings& settings)
        : file_(std::move(file)),
          model_(member(json, "model"), file_),
          words_(member(json, "pre_tokenizer"), file_),
          decoder_(member(json, "decoder"), file_),
          forms_(read_normaliser(member(json, "normalizer"), file_)) {
        read_added(member(json, "added_tokens"), settings);
        name_special(settings);
        for (const auto& [id, token] : added_.by_id()) {
            (token.normalised ? behind_normaliser_ : before_normaliser_)
                .look_for(token.normalised ? normalise(token.content) : token.content, &token);
        }
        // tokenizer_config.json's add_bos_token and add_eos_token have no say beside a tokenizer.json.
        read_template(member(json, "post_processor"), 0);
    }

    std::vector<std::int64_t> encode(std::string_view text, bool add_special) const override {
        require_utf8(text);
        std::vector<std::int64_t> ids;
        ids.reserve(text.size() / 3 + 8);
        if (add_special) ids = prefix_;
        std::vector<TextSection> sections;
        before_normaliser_.split(text, sections);
        for (const auto& section : sections) {
            if (section.token) {
                ids.push_back(section.token->id);
            } else {
                encode_section(section.text, ids);
            }
        }
        if (add_special) ids.insert(ids.end(), suffix_.begin(), suffix_.end());
        return ids;
    }

    std::string decode(std::span<const std::int64_t> ids, bool skip_special) const override {
        std::vector<std::string> tokens;
        tokens.reserve(ids.size());
        for (const std::int64_t id : ids) {
            const auto* added = added_.find(id);
            const auto* token = model_.token(id);
            if (!added && !token) throw no_such_id(id);
            if (!added) {
                tokens.push_back(*token);
            } else if (!added->special || !skip_special) {
                tokens.push_back(added->normalised ? normalise(added->content) : added->content);
            }
        }
        return decoder_.decode(std::move(tokens));
    }

    std::int64_t vocabulary() const override {
        const auto& added = added_.by_id();
        return added.empty() ? model_.size() : std::max(model_.size(), added.rbegin()->first + 1);
    }

    std::optional<std::int64_t> id_of(std::string_view token) const override {
        if (const auto* added = added_.find(token)) return added->id;
        return model_.id_of(token);
    }

  private:
    std::string normalise(std::string_view text) const {
        std::string out(text);
        for (const auto form : forms_) out = normalised(out, form);
        return out;
    }

    void encode_section(std::string_view text, std::vector<std::int64_t>& ids) const {
        const std::string normal = forms_.empty() ? std::string() : normalise(text);
        std::vector<TextSection> sections;
        behind_normaliser_.split(forms_.empty() ? text : normal, sections);
        for (const auto& section : sections) {
            if (section.token) {
                ids.push_back(section.token->id);
            } else {
                encode_words(section.text, ids);
            }
        }
    }

    void encode_words(std::string_view text, std::vector<std::int64_t>& ids) const {
        std::string with_space;
        if (words_.adds_space() && !text.starts_with(' ')) {
            with_space.append(" ").append(text);
            text = with_space;
        }
        std::vector<std::string_view> words;
        words.reserve(text.size() / 4 + 4);
        words_.split(text, words);
        for (const auto word : words) model_.encode(word, ids);
    }

    core::Error no_such_id(std::int64_t id) const {
        return core::input_error(
            fmt::format("id {} is no token of {}, which has {}", id, file_, vocabulary()), "",
            "use the tokenizer that made the ids");
    }

    void add(AddedToken token, const std::string& from) {
        const auto* other = model_.token(token.id);
        const auto id = model_.id_of(token.content);
        if ((other && *other != token.content) || (id && *id != token.id)) {
            throw bad_tokenizer(
                from,
                fmt::format("added token {} is \"{}\", but the vocabulary has {}", token.id, token.content,
                            other ? "\"" + *other + "\"" : fmt::format("it as {}", *id)));
        }
        added_.add(std::move(token), from);
    }

    void read_added(const TokenizerJson& json, const TokenizerSettings& settings) {
        if (!json.is_null() && !json.is_array()) throw bad_tokenizer(file_, "\"added_tokens\" is no list");
        for (const auto& entry : json) {
            add(read_added_token(entry, data::id_of(member(entry, "id"), "an added token", file_), file_),
                file_);
        }
        for (const auto& token : settings.added) add(token, settings.file);
    }

    /// A special token that is not among the added ones is found in texts, too.
    std::int64_t special_id(const std::string& content, const std::string& name, const std::string& from) {
        const auto id = id_of(content);
        if (!id) {
            throw bad_tokenizer(
                from, fmt::format("{} \"{}\" has no id: it is neither in the vocabulary nor an added token",
                                  name, content));
        }
        if (!added_.find(*id)) {
            AddedToken token;
            token.id = *id;
            token.content = content;
            token.special = true;
            added_.add(std::move(token), from);
        }
        return *id;
    }

    void name_special(const TokenizerSettings& settings) {
        const auto name = [&](std::optional<std::int64_t>& id, const std::optional<std::string>& content,
                              const char* what) {
            if (content) id = special_id(*content, what, settings.file);
        };
        name(bos, settings.bos, "bos_token");
        name(eos, settings.eos, "eos_token");
        name(pad, settings.pad, "pad_token");
        name(unk, settings.unk, "unk_token");
        for (const auto& content : settings.more_special) special_id(content, "special token", settings.file);
    }

    void read_template(const TokenizerJson& json, int depth) {
        if (json.is_null()) return;
        const auto type = text_of(json, "type", file_);
        if (type == "ByteLevel") return;  // it says where in the text a token began: not an id
        if (type == "Sequence" && depth < 4) {
            const auto& parts = member(json, "processors");
            if (!parts.is_array()) throw bad_tokenizer(file_, "\"processors\" is missing, or no list");
            for (const auto& part : parts) read_template(part, depth + 1);
        } else if (type == "TemplateProcessing") {
            read_pieces(json);
        } else {
            throw unknown_to_us(file_, "a post_processor \"" + type + "\"");
        }
    }

    void read_pieces(const TokenizerJson& json) {
        const auto& pieces = member(json, "single");
        if (!pieces.is_array()) throw bad_tokenizer(file_, "the template \"single\" is missing, or no list");
        std::vector<std::int64_t> before, behind;
        int sequences = 0;
        for (const auto& piece : pieces) {
            if (!member(piece, "Sequence").is_null()) {
                ++sequences;
            } else {
                const auto ids = template_ids(json, text_of(member(piece, "SpecialToken"), "id", file_));
                auto& side = sequences == 0 ? before : behind;
                side.insert(side.end(), ids.begin(), ids.end());
            }
        }
        if (sequences != 1)
            throw unknown_to_us(file_, fmt::format("a template with the text {} times", sequences));
        prefix_.insert(prefix_.begin(), before.begin(),
                       before.end());  // around what an earlier template made
        suffix_.insert(suffix_.end(), behind.begin(), behind.end());
    }

    std::vector<std::int64_t> template_ids(const TokenizerJson& json, const std::string& name) const {
        const auto& list = member(member(member(json, "special_tokens"), name), "ids");
        if (!list.is_array()) throw bad_tokenizer(file_, "the template's \"" + name + "\" has no ids");
        std::vector<std::int64_t> ids;
        for (const auto& value : list) {
            ids.push_back(data::id_of(value, "the template's \"" + name + "\"", file_));
            if (ids.back() >= vocabulary()) throw no_such_id(ids.back());
        }
        return ids;
    }

    std::string file_;
    BpeModel model_;
    PreTokenizer words_;
    TokenDecoder decoder_;
    std::vector<NormalForm> forms_;
    AddedTokens added_;
    TokenFinder before_normaliser_, behind_normaliser_;
    std::vector<std::int64_t> prefix_, suffix_;
};

}  // namespace

std::shared_ptr<const Tokenizer> open_byte_level_bpe(const std::filesystem::path& file,
                                                     const TokenizerSettings& settings) {
    const auto json = read_tokenizer_json(file);
    for (const auto& [key, value] : json.items()) {
        // Cutting and padding are the caller's: the Python tokenizers switch these off, too, unless asked.
        constexpr std::array known = {"version",        "truncation", "padding",
                                      "added_tokens",   "normalizer", "pre_tokenizer",
                                      "post_processor", "decoder",    "model"};
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            throw unknown_to_us(file.string(), "\"" + key + "\"");
        }
    }
    return std::make_shared<ByteLevelBpe>(json, file.string(), settings);
}

}  // namespace lvr::data

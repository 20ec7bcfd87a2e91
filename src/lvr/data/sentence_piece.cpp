// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/sentence_piece.hpp>

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <set>
#include <utility>

#include <lvr/core/text_file.hpp>
#include <lvr/data/sentence_piece_file.hpp>
#include <lvr/data/unicode_text.hpp>
#include <lvr/data/word_cache.hpp>

namespace lvr::data {
namespace {

constexpr std::string_view k_underline = "\xE2\x96\x81";  // U+2581, SentencePiece's sign for a space

/// How many bytes of a space, as a space or U+2581, the text begins with.
std::size_t space_length(std::string_view text) {
    if (text.starts_with(' ')) return 1;
    return text.starts_with(k_underline) ? k_underline.size() : 0;
}

/// The length of the first word of a text: spaces, then what is none.
std::size_t word_length(std::string_view text) {
    std::size_t at = 0;
    while (const std::size_t length = space_length(text.substr(at))) at += length;
    while (at < text.size() && space_length(text.substr(at)) == 0) ++at;
    return at;
}

std::string with_spaces_for_underlines(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find(k_underline); at != std::string_view::npos; at = text.find(k_underline)) {
        out.append(text.substr(0, at)).append(" ");
        text.remove_prefix(at + k_underline.size());
    }
    return out.append(text);
}

class SentencePiece final : public Tokenizer {
  public:
    SentencePiece(const std::filesystem::path& file, const TokenizerSettings& settings)
        : file_(file.string()), adds_space_(settings.add_prefix_space) {
        legacy = settings.legacy;
        load(core::read_text(file));
        read_added(settings);
        if (settings.add_bos.value_or(true)) prefix_ = {*bos};
        if (settings.add_eos.value_or(false)) suffix_ = {*eos};
        underline_ = piece_id(k_underline);
    }

    std::vector<std::int64_t> encode(std::string_view text, bool add_special) const override {
        require_utf8(text);
        std::vector<std::int64_t> ids;
        if (add_special) ids = prefix_;
        if (!text.empty()) encode_text(text, ids);
        if (add_special) ids.insert(ids.end(), suffix_.begin(), suffix_.end());
        return ids;
    }

    std::string decode(std::span<const std::int64_t> ids, bool skip_special) const override {
        // What stands between added tokens that are not special is decoded by itself; spaces go between.
        std::string text;
        std::vector<std::int64_t> run;
        bool any = false;
        const auto append = [&](const std::string& part) {
            text += (any ? " " : "") + part;
            any = true;
        };
        for (const std::int64_t id : ids) {
            const AddedToken* const added = added_.find(id);
            if (added && added->special && skip_special) continue;
            if (!added || added->special) {
                run.push_back(id);
                continue;
            }
            if (const auto part = decode_run(run); !part.empty()) append(part);
            append(added->content);
            run.clear();
        }
        if (!run.empty()) append(decode_run(run));
        return text;
    }

    std::int64_t vocabulary() const override {
        const auto& added = added_.by_id();
        return added.empty() ? pieces() : std::max(pieces(), added.rbegin()->first + 1);
    }

    std::optional<std::int64_t> id_of(std::string_view token) const override {
        if (const auto* added = added_.find(token)) return added->id;
        return piece_id(token);
    }

  private:
    std::int64_t pieces() const { return model_.GetPieceSize(); }

    std::optional<std::int64_t> piece_id(std::string_view piece) const {
        const int id = model_.PieceToId(piece);
        if (id < 0 || id >= pieces() || model_.IdToPiece(id) != piece) return {};
        return id;
    }

    const std::string& piece_of(std::int64_t id) const {
        if (id < 0 || id >= pieces()) {
            throw core::input_error(
                fmt::format("id {} is no token of {}, which has {}", id, file_, vocabulary()), "",
                "use the tokenizer that made the ids");
        }
        return model_.IdToPiece(static_cast<int>(id));
    }

    void load(std::string bytes) {
        const auto traits = sentence_piece_traits(bytes);
        const auto broken = [&](const std::string& why) {
            return bad_tokenizer(file_, "is no SentencePiece model" + why);
        };
        if (!traits) throw broken(", or cut off");
        if (!legacy && traits->removes_extra_spaces) {
            throw unknown_to_us(file_, "\"remove_extra_whitespaces\" together with legacy=false");
        }
        const auto status =
            model_.LoadFromSerializedProto(legacy ? bytes : without_dummy_prefix(std::move(bytes)));
        if (!status.ok()) throw broken(fmt::format(" ({})", status.ToString()));
        by_words_ = !legacy && traits->is_bpe && traits->keeps_text && !traits->treats_space_as_suffix &&
                    piece_id(k_underline) && pieces_stay_within_words();
    }

    /// Then no merge reaches from one word into the next, and words can be encoded one by one, with equal
    /// ids.
    bool pieces_stay_within_words() const {
        for (int id = 0; id < model_.GetPieceSize(); ++id) {
            const std::string& piece = model_.IdToPiece(id);
            if (word_length(piece) != piece.size()) return false;
        }
        return true;
    }

    void read_added(const TokenizerSettings& settings) {
        std::set<std::string> named(settings.more_special.begin(), settings.more_special.end());
        const std::string bos_text = settings.bos.value_or("<s>"), eos_text = settings.eos.value_or("</s>"),
                          unk_text = settings.unk.value_or("<unk>");
        named.insert({bos_text, eos_text, unk_text});
        if (settings.pad) named.insert(*settings.pad);
        for (auto token : settings.added) {
            token.special = named.contains(token.content);
            add(std::move(token), settings.file);
        }
        for (const auto& content : named) {
            AddedToken token;
            token.id = special_id(content, settings.file);
            token.content = content;
            token.special = true;
            add(std::move(token), settings.file);
        }
        bos = special_id(bos_text, settings.file);
        eos = special_id(eos_text, settings.file);
        unk = special_id(unk_text, settings.file);
        if (settings.pad) pad = special_id(*settings.pad, settings.file);
        for (const auto& [id, token] : added_.by_id()) finder_.look_for(token.content, &token);
    }

    void add(AddedToken token, const std::string& from) {
        if (token.single_word) throw unknown_to_us(from, "\"single_word\" of \"" + token.content + "\"");
        const bool is_piece = token.id < pieces();
        if (is_piece && model_.IdToPiece(static_cast<int>(token.id)) != token.content) {
            throw bad_tokenizer(
                from, fmt::format("added token {} is \"{}\", but {} has \"{}\"", token.id, token.content,
                                  file_, model_.IdToPiece(static_cast<int>(token.id))));
        }
        added_.add(std::move(token), from);
    }

    std::int64_t special_id(const std::string& content, const std::string& from) const {
        const auto id = id_of(content);
        if (!id) {
            throw bad_tokenizer(
                from, fmt::format("special token \"{}\" has no id: it is neither a piece nor an added token",
                                  content));
        }
        return *id;
    }

    void encode_text(std::string_view text, std::vector<std::int64_t>& ids) const {
        std::string changed;
        if (!legacy) {
            changed = with_spaces_for_underlines(text);
            if (adds_space_) changed.insert(0, k_underline);
            text = changed;
        }
        std::vector<TextSection> sections;
        finder_.split(text, sections);
        const std::size_t begin = ids.size();
        for (const auto& section : sections) {
            // The space in front of a text that begins with a special token is none.
            const bool only_a_space =
                !legacy && ids.size() == begin + 1 && underline_ && ids[begin] == *underline_;
            if (section.token && section.token->special && only_a_space) ids.pop_back();
            if (section.token) {
                ids.push_back(section.token->id);
            } else {
                encode_section(section.text, ids);
            }
        }
    }

    void encode_section(std::string_view text, std::vector<std::int64_t>& ids) const {
        if (!by_words_) return encode_whole(text, ids);
        while (!text.empty()) {
            const auto word = text.substr(0, word_length(text));
            text.remove_prefix(word.size());
            if (cache_.append(word, ids)) continue;
            const std::size_t begin = ids.size();
            encode_whole(word, ids);
            cache_.keep(word, ids.data() + begin, ids.data() + ids.size());
        }
    }

    void encode_whole(std::string_view text, std::vector<std::int64_t>& ids) const {
        std::vector<int> found;
        const auto status = model_.Encode(text, &found);
        if (!status.ok()) throw bad_tokenizer(file_, "cannot encode a text: " + status.ToString());
        ids.insert(ids.end(), found.begin(), found.end());
    }

    /// Pieces and special tokens; the first space is the one that encoding put there.
    std::string decode_run(const std::vector<std::int64_t>& ids) const {
        std::string text;
        std::vector<std::string> pieces;
        bool after_special = false;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const AddedToken* const special = added_.find(ids[i]);
            if (special) {
                // As the older rule has it: the space comes before the pieces, not before the special token.
                if (legacy && !after_special && i > 0) text += " ";
                text += decode_pieces(pieces) + special->content;
                pieces.clear();
            } else {
                pieces.push_back(piece_of(ids[i]));
                if (i == 0 && adds_space_ && pieces.front().starts_with(k_underline))
                    pieces.front().erase(0, k_underline.size());
            }
            after_special = special != nullptr;
        }
        return text + decode_pieces(pieces);
    }

    std::string decode_pieces(const std::vector<std::string>& pieces) const {
        std::string text;
        const auto status = model_.Decode(pieces, &text);
        if (!status.ok()) throw bad_tokenizer(file_, "cannot decode: " + status.ToString());
        return text;
    }

    std::string file_;
    bool adds_space_ = true, by_words_ = false;
    sentencepiece::SentencePieceProcessor model_;
    AddedTokens added_;
    TokenFinder finder_;
    std::optional<std::int64_t> underline_;
    std::vector<std::int64_t> prefix_, suffix_;
    WordCache cache_;
};

}  // namespace

std::shared_ptr<const Tokenizer> open_sentence_piece(const std::filesystem::path& file,
                                                     const TokenizerSettings& settings) {
    return std::make_shared<SentencePiece>(file, settings);
}

}  // namespace lvr::data

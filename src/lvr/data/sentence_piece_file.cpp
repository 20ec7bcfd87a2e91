// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/sentence_piece_file.hpp>

#include <cstdint>

namespace lvr::data {
namespace {

/// One field of a protocol buffer: a number, or bytes (a text, or a message).
struct Field {
    std::uint64_t number = 0, value = 0;
    std::string_view bytes;
};

class Fields {
  public:
    explicit Fields(std::string_view bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }

    /// Nothing if the bytes are no field, or end within.
    std::optional<Field> next() {
        const auto key = varint();
        if (!key || *key >> 3 == 0) return {};
        Field field{*key >> 3, 0, {}};
        switch (*key & 7) {
            case 0: {
                const auto value = varint();
                if (!value) return {};
                field.value = *value;
                return field;
            }
            case 1:
                return take(8, field);
            case 2: {
                const auto length = varint();
                if (!length) return {};
                return take(*length, field);
            }
            case 5:
                return take(4, field);
            default:
                return {};
        }
    }

  private:
    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80) return value;
        }
        return {};
    }

    std::optional<Field> take(std::uint64_t length, Field field) {
        if (length > rest_.size()) return {};
        field.bytes = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return field;
    }

    std::string_view rest_;
};

// Field numbers of sentencepiece_model.proto.
constexpr std::uint64_t k_pieces = 1, k_trainer = 2, k_normaliser = 3;
constexpr std::uint64_t k_model_type = 3, k_space_as_suffix = 24, k_bpe = 2;
constexpr std::uint64_t k_name = 1, k_character_map = 2, k_remove_spaces = 4, k_escape_spaces = 5,
                        k_rules = 6;

bool read_trainer(std::string_view bytes, SentencePieceTraits& traits) {
    for (Fields fields(bytes); !fields.at_end();) {
        const auto field = fields.next();
        if (!field) return false;
        if (field->number == k_model_type) traits.is_bpe = field->value == k_bpe;
        if (field->number == k_space_as_suffix) traits.treats_space_as_suffix = field->value != 0;
    }
    return true;
}

bool read_normaliser(std::string_view bytes, SentencePieceTraits& traits) {
    bool identity = true, escapes = true;
    for (Fields fields(bytes); !fields.at_end();) {
        const auto field = fields.next();
        if (!field) return false;
        if (field->number == k_name)
            identity = identity && (field->bytes == "identity" || field->bytes.empty());
        if (field->number == k_character_map || field->number == k_rules)
            identity = identity && field->bytes.empty();
        if (field->number == k_remove_spaces) traits.removes_extra_spaces = field->value != 0;
        if (field->number == k_escape_spaces) escapes = field->value != 0;
    }
    traits.keeps_text = identity && escapes;
    return true;
}

}  // namespace

std::optional<SentencePieceTraits> sentence_piece_traits(std::string_view model) {
    SentencePieceTraits traits;
    bool any_piece = false;
    for (Fields fields(model); !fields.at_end();) {
        const auto field = fields.next();
        if (!field) return {};
        any_piece = any_piece || field->number == k_pieces;
        if (field->number == k_trainer && !read_trainer(field->bytes, traits)) return {};
        if (field->number == k_normaliser && !read_normaliser(field->bytes, traits)) return {};
    }
    if (!any_piece) return {};
    return traits;
}

std::string without_dummy_prefix(std::string model) {
    // ModelProto.normalizer_spec (3), two bytes: NormalizerSpec.add_dummy_prefix (3) = false
    return std::move(model) + std::string("\x1A\x02\x18\x00", 4);
}

}  // namespace lvr::data

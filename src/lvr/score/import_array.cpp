// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_array.hpp>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include <lvr/core/error.hpp>
#include <lvr/files/half_float.hpp>
#include <lvr/files/npy.hpp>
#include <lvr/weights/torch_zip.hpp>

namespace lvr::score {

struct FeatureArray::Content {
    std::string file;
    ArrayForm form;
    std::vector<std::int64_t> strides;  // in values
    files::NpyHeader header;            // of a .npy file
    at::Tensor tensor;                  // of a .pt file
};

namespace {

using files::StorageType;

constexpr std::int64_t k_largest_image = std::int64_t{1} << 30;  // bytes: parts are below 2 GiB, flips too

std::string dtype_of(const files::NpyHeader& header) {
    return header.type == files::NpyType::uint16 ? "bfloat16" : files::name_of(header.type);
}

std::string dtype_of(const at::Tensor& tensor, const std::string& file) {
    switch (tensor.scalar_type()) {
        case at::kFloat:
            return "float32";
        case at::kHalf:
            return "float16";
        case at::kBFloat16:
            return "bfloat16";
        case at::kDouble:
            return "float64";
        default:
            throw core::input_error(
                fmt::format("{}: holds values of type {}", file, c10::toString(tensor.scalar_type())),
                "only float16, bfloat16, float32 and float64 are read",
                "convert it: torch.save(t.float(), file)");
    }
}

/// Where the values of an array lie, seen as rows x columns tokens of some channels.
struct Steps {
    std::int64_t row = 0, column = 0, channel = 0;  // in values
};

Steps steps_of(const TokenForm& form, const std::vector<std::int64_t>& strides) {
    const auto* last = strides.data() + strides.size();
    if (form.is_map) return {last[-2], last[-1], last[-3]};
    return {last[-2], 0, last[-1]};
}

float widened(float value) { return value; }
float widened(double value) { return static_cast<float>(value); }

bool is_finite(StorageType type, std::uint16_t bits) {
    const std::uint16_t exponent = type == StorageType::float16 ? 0x7c00 : 0x7f80;
    return (bits & exponent) != exponent;
}

/// Of a value that is not finite; {-1, -1}: there is none.
struct Place {
    std::int64_t token = -1, channel = -1;
};

/// Values in any order become [T, D]. In squares: a map's channels lie far apart.
template <class From, class To>
Place gather(const From* from, const TokenForm& form, const Steps& steps, To* to) {
    constexpr std::int64_t k_square = 32;
    Place bad;
    const auto copy = [&](std::int64_t token, std::int64_t first, std::int64_t end) {
        const From* start = from + token / form.columns * steps.row + token % form.columns * steps.column;
        for (std::int64_t channel = first; channel < end; ++channel) {
            const From value = start[channel * steps.channel];
            bool fine = true;
            if constexpr (std::is_same_v<To, float>) {
                to[token * form.channels + channel] = widened(value);
                fine = std::isfinite(to[token * form.channels + channel]);
            } else {
                to[token * form.channels + channel] = value;
                fine = is_finite(form.type, value);
            }
            if (!fine && bad.token < 0) bad = {token, channel};
        }
    };
    for (std::int64_t channel = 0; channel < form.channels; channel += k_square) {
        const std::int64_t end = std::min(channel + k_square, form.channels);
        for (std::int64_t token = 0; token < form.tokens(); ++token) copy(token, channel, end);
    }
    return bad;
}

[[noreturn]] void refuse_value(const std::string& file, const TokenForm& form, const Place& at,
                               double value) {
    const std::string where = form.is_map ? fmt::format("channel {}, row {}, column {}", at.channel,
                                                        at.token / form.columns, at.token % form.columns)
                                          : fmt::format("token {}, channel {}", at.token, at.channel);
    if (std::isfinite(value))
        throw core::input_error(
            fmt::format("{}: the value {:g} at {} does not fit float32", file, value, where),
            "it would be stored as infinity", "scale the features, and write them anew");
    throw core::input_error(fmt::format("{}: holds {} at {}", file, value, where),
                            "a score of such features means nothing",
                            "write this image's features anew, or move the file away");
}

template <class From, class To>
void copy_tokens(const std::string& file, const void* values, const TokenForm& form, const Steps& steps,
                 std::span<std::byte> tokens_TD) {
    const auto* from = static_cast<const From*>(values);
    const Place bad = gather(from, form, steps, reinterpret_cast<To*>(tokens_TD.data()));
    if (bad.token < 0) return;
    const From value = from[bad.token / form.columns * steps.row + bad.token % form.columns * steps.column +
                            bad.channel * steps.channel];
    if constexpr (std::is_same_v<To, float>) {
        refuse_value(file, form, bad, static_cast<double>(value));
    } else {
        const bool is_half = form.type == StorageType::float16;
        refuse_value(file, form, bad,
                     static_cast<double>(is_half ? files::from_float16(value) : files::from_bfloat16(value)));
    }
}

StorageType storage_of(const std::string& dtype) {
    return dtype == "float64" ? StorageType::float32 : files::storage_type(dtype);
}

}  // namespace

std::string text_of(const ArrayForm& form) {
    return fmt::format("{} [{}]", form.dtype, fmt::join(form.shape, ", "));
}

std::int64_t TokenForm::bytes() const {
    return tokens() * channels * static_cast<std::int64_t>(files::bytes_per_value(type));
}

TokenForm token_form(const ArrayForm& form, const std::string& file) {
    std::vector<std::int64_t> shape = form.shape;
    const auto refuse = [&](const std::string& problem) {
        throw core::input_error(
            fmt::format("{}: {}: {}", file, text_of(form), problem),
            "features are a map [C, P, Q] or [1, C, P, Q] (height before width), or tokens "
            "[T, D] or [1, T, D]",
            "save one image's features in one of these shapes");
    };
    if (shape.size() == 4 && shape[0] != 1) refuse("holds several images");
    if (shape.size() == 4 || (shape.size() == 3 && shape[0] == 1)) shape.erase(shape.begin());
    if (shape.size() != 2 && shape.size() != 3) refuse("has no shape of features");
    if (std::ranges::find(shape, 0) != shape.end()) refuse("holds no values");
    std::int64_t bytes = static_cast<std::int64_t>(sizeof(float));
    for (const auto length : shape) {
        if (__builtin_mul_overflow(bytes, length, &bytes) || bytes > k_largest_image)
            refuse("is impossibly large for one image");
    }
    const StorageType type = storage_of(form.dtype);
    if (shape.size() == 3) return {type, shape[1], shape[2], shape[0], true};
    return {type, shape[0], 1, shape[1], false};
}

FeatureArray::FeatureArray(std::string file) : content_(std::make_unique<Content>()) {
    auto& c = *content_;
    c.file = std::move(file);
    if (c.file.ends_with(".pt")) {
        c.tensor = weights::read_bare_tensor(c.file);
        c.form = {dtype_of(c.tensor, c.file), c.tensor.sizes().vec()};
        c.strides = c.tensor.strides().vec();
    } else {
        c.header = files::read_npy_header(c.file);
        c.form = {dtype_of(c.header), c.header.shape};
        c.strides = c.header.strides;
    }
}

FeatureArray::~FeatureArray() = default;
FeatureArray::FeatureArray(FeatureArray&&) noexcept = default;
FeatureArray& FeatureArray::operator=(FeatureArray&&) noexcept = default;

const ArrayForm& FeatureArray::form() const { return content_->form; }

void FeatureArray::read_tokens(std::span<std::byte> tokens_TD) const {
    const auto& c = *content_;
    const TokenForm form = token_form(c.form, c.file);
    const Steps steps = steps_of(form, c.strides);
    core::ensure(static_cast<std::int64_t>(tokens_TD.size()) == form.bytes(), "tokens of an unexpected size");
    std::vector<std::byte> read;
    if (!c.tensor.defined()) read = files::read_npy_values(c.file, c.header);
    const void* values = c.tensor.defined() ? c.tensor.const_data_ptr() : read.data();
    if (c.form.dtype == "float32") return copy_tokens<float, float>(c.file, values, form, steps, tokens_TD);
    if (c.form.dtype == "float64") return copy_tokens<double, float>(c.file, values, form, steps, tokens_TD);
    copy_tokens<std::uint16_t, std::uint16_t>(c.file, values, form, steps, tokens_TD);
}

}  // namespace lvr::score

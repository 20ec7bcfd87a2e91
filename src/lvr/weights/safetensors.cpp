// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/safetensors.hpp>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/weights/mapped_file.hpp>
#include <lvr/weights/safetensors_types.hpp>

namespace lvr::weights {
namespace {

using Header = nlohmann::json;  // sorted keys: looking one up stays quick however many a file claims to have

constexpr std::uint64_t k_longest_header = 100'000'000;
constexpr int k_deepest_header = 3;

bool can_be_read(at::ScalarType dtype) {
    return dtype != at::ScalarType::Undefined && dtype != at::kFloat8_e4m3fn && dtype != at::kFloat8_e5m2;
}

at::ScalarType dtype_named(const std::string& name) {
    for (const auto& type : k_safetensors_types) {
        if (name == type.name) return type.dtype;
    }
    return at::ScalarType::Undefined;
}

class SafetensorsFile final : public TensorFile {
  public:
    explicit SafetensorsFile(const std::filesystem::path& path) : file_(std::make_shared<MappedFile>(path)) {
        const auto header = read_header();
        for (const auto& [name, entry] : header.items()) {
            if (name != "__metadata__") add(name, entry);
        }
        check_extents();
    }

    const std::map<std::string, TensorInfo>& tensors() const override { return tensors_; }

    at::Tensor read(const std::string& name) const override {
        const auto& place = places_.at(name);
        if (can_be_read(place.dtype)) return tensor_at(file_, place);
        throw core::input_error(fmt::format("{}: tensor {} is of a number format that cannot be used ({})",
                                            file_->file().string(), name, formats_.at(name)),
                                "", "save the weights as F32, F16 or BF16");
    }

  private:
    [[noreturn]] void bad(const std::string& what) const {
        throw core::input_error(file_->file().string() + ": " + what,
                                "the file is damaged or no safetensors file",
                                "download it again, or restore it from a copy");
    }

    Header read_header() {
        if (file_->size() < 8) bad(fmt::format("has {} bytes, too few for a header", file_->size()));
        std::uint64_t length = 0;
        for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(file_->text(i, 1)[0]);
        if (length > k_longest_header) bad(fmt::format("its header would be {} bytes long", length));
        if (length > file_->size() - 8)
            bad(fmt::format("its header is {} bytes long, but only {} follow", length, file_->size() - 8));
        data_start_ = 8 + static_cast<std::size_t>(length);
        const auto text = file_->text(8, static_cast<std::size_t>(length));
        std::vector<std::set<std::string>> keys(k_deepest_header + 1);
        const auto check = [&](int depth, Header::parse_event_t event, const Header& value) {
            if (event == Header::parse_event_t::object_start || event == Header::parse_event_t::array_start) {
                if (depth >= k_deepest_header) bad("its header is nested too deeply");
                keys[static_cast<std::size_t>(depth) + 1].clear();
            } else if (event == Header::parse_event_t::key) {
                const auto& key = value.get_ref<const std::string&>();
                if (!keys[static_cast<std::size_t>(depth)].insert(key).second)
                    bad("its header has two entries called " + key);
            }
            return true;
        };
        try {
            Header header = Header::parse(text, check);
            if (!header.is_object()) bad("its header is no JSON object");
            return header;
        } catch (const Header::exception& error) {
            bad(std::string("its header is not JSON (") + error.what() + ")");
        }
    }

    std::uint64_t whole_number(const Header& value, const std::string& what) const {
        if (!value.is_number_unsigned()) bad(what + " is not a whole number");
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            bad(what + " is too large");
        return number;
    }

    const Header& field(const Header& entry, const std::string& name, const char* key, bool right) const {
        if (!right) bad(fmt::format("tensor {} has no proper {}", name, key));
        return entry[key];
    }

    void add(const std::string& name, const Header& entry) {
        const auto is = [&](const char* key, bool (*right)(const Header&)) {
            return entry.is_object() && entry.contains(key) && right(entry[key]);
        };
        const auto array = [](const Header& value) { return value.is_array(); };
        const auto pair = [](const Header& value) { return value.is_array() && value.size() == 2; };
        const auto text = [](const Header& value) { return value.is_string(); };
        const auto format = field(entry, name, "dtype", is("dtype", text)).get<std::string>();
        Placement place{dtype_named(format), {}, {}, 0};
        for (const auto& length : field(entry, name, "shape", is("shape", array)))
            place.shape.push_back(
                static_cast<std::int64_t>(whole_number(length, "a length of tensor " + name)));
        place.strides = dense_strides(place.shape);
        const auto& offsets = field(entry, name, "data_offsets", is("data_offsets", pair));
        const auto begin = whole_number(offsets[0], "an offset of tensor " + name);
        const auto end = whole_number(offsets[1], "an offset of tensor " + name);
        if (begin > end || end > file_->size() - data_start_)
            bad(fmt::format("tensor {} lies at bytes {} to {} of {}", name, begin, end,
                            file_->size() - data_start_));
        if (place.dtype != at::ScalarType::Undefined) check_size(name, place, end - begin);
        place.offset = data_start_ + static_cast<std::size_t>(begin);
        extents_.push_back({begin, end, name});
        tensors_[name] = {place.dtype, place.shape, file_->file()};
        formats_[name] = format;
        places_[name] = std::move(place);
    }

    void check_size(const std::string& name, const Placement& place, std::uint64_t bytes) const {
        std::int64_t count = 0;
        std::uint64_t needed = 0;
        if (!count_elements(place.shape, count) ||
            __builtin_mul_overflow(static_cast<std::uint64_t>(count), c10::elementSize(place.dtype),
                                   &needed) ||
            needed != bytes)
            bad(fmt::format("tensor {} has {} bytes, which its shape [{}] does not need", name, bytes,
                            fmt::join(place.shape, ", ")));
    }

    void check_extents() {
        std::sort(extents_.begin(), extents_.end());
        std::uint64_t end = 0, used = 0;
        for (const auto& extent : extents_) {
            if (extent.begin == extent.end) continue;
            if (extent.begin < end) bad(fmt::format("tensor {} overlaps another", extent.name));
            end = extent.end;
            used += extent.end - extent.begin;
        }
        if (used < file_->size() - data_start_)
            core::warn("{}: {} bytes belong to no tensor", file_->file().string(),
                       file_->size() - data_start_ - used);
        extents_.clear();
    }

    struct Extent {
        std::uint64_t begin, end;
        std::string name;
        auto operator<=>(const Extent&) const = default;
    };

    std::shared_ptr<const MappedFile> file_;
    std::size_t data_start_ = 0;
    std::map<std::string, TensorInfo> tensors_;
    std::map<std::string, std::string> formats_;
    std::map<std::string, Placement> places_;
    std::vector<Extent> extents_;
};

}  // namespace

std::unique_ptr<const TensorFile> open_safetensors(const std::filesystem::path& file) {
    return std::make_unique<SafetensorsFile>(file);
}

}  // namespace lvr::weights

// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/torch_zip.hpp>

#include <c10/util/Exception.h>
#include <caffe2/serialize/inline_container.h>
#include <caffe2/serialize/read_adapter_interface.h>
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/weights/mapped_file.hpp>
#include <lvr/weights/unpickler.hpp>

namespace lvr::weights {
namespace {

/// Gives PyTorch's reader the mapped bytes.
class MappedReader final : public caffe2::serialize::ReadAdapterInterface {
  public:
    explicit MappedReader(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {}
    std::size_t size() const override { return file_->size(); }
    std::size_t read(std::uint64_t position, void* into, std::size_t count, const char*) const override {
        if (position > file_->size() || count > file_->size() - position)
            throw std::out_of_range("it reaches past the end of the file");
        std::memcpy(into, file_->data() + position, count);
        return count;
    }

  private:
    std::shared_ptr<const MappedFile> file_;
};

/// Where a record's bytes lie in the file.
struct Extent {
    std::size_t offset = 0;
    std::size_t size = 0;
};

/// What a file is expected to hold.
enum class Content { named_tensors, bare_tensor };

class TorchZip final : public TensorFile {
  public:
    TorchZip(const std::filesystem::path& path, Content content)
        : content_(content), file_(std::make_shared<MappedFile>(path)) {
        refuse_other_forms();
        try {
            caffe2::serialize::PyTorchStreamReader reader(std::make_shared<MappedReader>(file_));
            read_tensors(reader);
        } catch (const core::Error&) {
            throw;
        } catch (const c10::Error& error) {
            no_archive(error.what_without_backtrace());
        } catch (const std::exception& error) {
            no_archive(error.what());
        }
    }

    const std::map<std::string, TensorInfo>& tensors() const override { return tensors_; }

    at::Tensor read(const std::string& name) const override { return tensor_at(file_, places_.at(name)); }

  private:
    std::string name() const { return file_->file().string(); }

    [[noreturn]] void bad(const std::string& what) const {
        throw core::input_error(name() + ": " + what, "the file is damaged or was not written by torch.save",
                                "download it again, or restore it from a copy");
    }

    [[noreturn]] void no_archive(const std::string& how) const {
        bad("cannot be read as a zip archive of torch.save (" + how.substr(0, how.find('\n')) + ")");
    }

    std::string_view start(std::size_t offset, std::size_t count) const {
        return file_->size() >= offset + count ? file_->text(offset, count) : std::string_view();
    }

    void refuse_other_forms() const {
        const bool tar = start(257, 5) == "ustar";
        const bool legacy =
            start(0, 14) == std::string_view("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);
        if (tar || legacy) refuse_legacy(tar);
        if (start(0, 4) != "PK\x03\x04") bad("is no zip archive");
    }

    /// PyTorch itself loads a tar only with everything allowed.
    [[noreturn]] void refuse_legacy(bool tar) const {
        if (content_ == Content::bare_tensor) refuse_legacy_tensor(tar);
        const auto target = file_->file().parent_path() / "model.safetensors";
        throw core::input_error(
            name() + ": is of the form that PyTorch wrote before version 1.6, which is not read here", "",
            fmt::format("convert it: python -c \"import torch, safetensors.torch as s; s.save_file({{k: "
                        "v.detach().contiguous().clone() for k, v in torch.load('{}', map_location='cpu', "
                        "weights_only={}).items()}}, '{}')\"{}",
                        name(), tar ? "False" : "True", target.string(),
                        tar ? " (this runs whatever is in the file: only if you trust its origin)" : ""));
    }

    [[noreturn]] void refuse_legacy_tensor(bool tar) const {
        throw core::input_error(
            name() + ": is of the form that PyTorch wrote before version 1.6, which is not read here", "",
            fmt::format("save it anew: python -c \"import torch; torch.save(torch.load('{}', "
                        "map_location='cpu', weights_only={}), '{}')\"{}",
                        name(), tar ? "False" : "True", name(),
                        tar ? " (this runs whatever is in the file: only if you trust its origin)" : ""));
    }

    /// Records are stored as they are: their bytes are in the file, in one piece.
    Extent extent(caffe2::serialize::PyTorchStreamReader& reader, const std::string& record) const {
        if (!reader.hasRecord(record)) bad("has no record " + record);
        const std::size_t header = reader.getRecordHeaderOffset(record);
        const std::size_t offset = reader.getRecordOffset(record);
        const std::size_t size = reader.getRecordSize(record);
        if (header > file_->size() || file_->size() - header < 30 || offset > file_->size() ||
            size > file_->size() - offset)
            bad("record " + record + " reaches past its end");
        if (file_->text(header, 4) != "PK\x03\x04" ||
            file_->text(header + 8, 2) != std::string_view("\0\0", 2))
            bad("record " + record + " is compressed or has no header, which torch.save does not do");
        return {offset, size};
    }

    void read_tensors(caffe2::serialize::PyTorchStreamReader& reader) {
        if (reader.hasRecord("byteorder")) {
            const auto order = extent(reader, "byteorder");
            if (file_->text(order.offset, order.size) != "little")
                throw core::input_error(name() + ": was written on a big-endian machine",
                                        "its numbers would be wrong",
                                        "load it with PyTorch and save the tensors as safetensors");
        }
        const auto pickle = extent(reader, "data.pkl");
        const auto text = file_->text(pickle.offset, pickle.size);
        if (content_ == Content::bare_tensor) {
            const auto tensor = unpickle_bare_tensor(text, name());
            return add("", tensor, extent(reader, "data/" + tensor.storage));
        }
        std::map<std::string, Extent> storages;
        for (const auto& [tensor, pickled] : unpickle_tensors(text, name())) {
            const auto known = storages.find(pickled.storage);
            const auto storage =
                known != storages.end() ? known->second : extent(reader, "data/" + pickled.storage);
            storages[pickled.storage] = storage;
            add(tensor, pickled, storage);
        }
    }

    void add(const std::string& tensor, const PickledTensor& pickled, const Extent& storage) {
        const std::uint64_t size = c10::elementSize(pickled.dtype);
        const std::uint64_t held = storage.size / size;
        const auto offset = static_cast<std::uint64_t>(pickled.offset);
        std::int64_t count = 0;
        const std::string subject = tensor.empty() ? "its tensor" : "tensor " + tensor;
        if (!count_elements(pickled.shape, count)) bad(subject + " is impossibly large");
        if (count > 0 && (offset > held || !span_fits(pickled.shape, pickled.strides, held - offset)))
            bad(fmt::format("{} reaches past the end of its storage of {} bytes", subject, storage.size));
        places_[tensor] = {pickled.dtype, pickled.shape, pickled.strides,
                           storage.offset + (count > 0 ? static_cast<std::size_t>(offset * size) : 0)};
        tensors_[tensor] = {pickled.dtype, pickled.shape, file_->file()};
    }

    Content content_;
    std::shared_ptr<const MappedFile> file_;
    std::map<std::string, TensorInfo> tensors_;
    std::map<std::string, Placement> places_;
};

}  // namespace

std::unique_ptr<const TensorFile> open_torch_zip(const std::filesystem::path& file) {
    return std::make_unique<TorchZip>(file, Content::named_tensors);
}

at::Tensor read_bare_tensor(const std::filesystem::path& file) {
    return TorchZip(file, Content::bare_tensor).read("");
}

}  // namespace lvr::weights

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lvr::weights {

struct TensorInfo {
    at::ScalarType dtype =
        at::ScalarType::Undefined;  ///< Undefined: one we do not know, which cannot be read
    std::vector<std::int64_t> shape;
    std::filesystem::path file;
};

/// One file with tensors in it.
class TensorFile {
  public:
    virtual ~TensorFile() = default;
    virtual const std::map<std::string, TensorInfo>& tensors() const = 0;
    virtual at::Tensor read(const std::string& name) const = 0;
};

/// The tensors of a model's files, each read only when it is asked for. Copies share the open files.
class Checkpoint {
  public:
    /// @param folder_or_file a .safetensors or .bin file, or a folder in which the first of these is taken:
    ///        model.safetensors, model.safetensors.index.json with its shards, pytorch_model.bin,
    ///        pytorch_model.bin.index.json with its shards, and the same four as diffusion_pytorch_model.*.
    ///        Of a .bin file only tensors are taken: whatever else it would run when loaded is refused.
    /// @throws Error (input) if a file is missing, damaged or holds something else than tensors
    static Checkpoint open(const std::filesystem::path& folder_or_file);

    const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }

    /// @return on the CPU, in the file's dtype. It may be a view of the mapped file, which it keeps mapped:
    /// not to be
    ///         written to, and only good while the file stays as it is.
    /// @throws Error (input) if there is no such tensor or its dtype cannot be read
    at::Tensor read(const std::string& name) const;

    /// The files that hold the tensors, and the index that lists them, if any.
    const std::vector<std::filesystem::path>& files() const { return files_; }

  private:
    void add(const std::filesystem::path& file);
    void add_shards(const std::filesystem::path& index);

    std::map<std::string, TensorInfo> tensors_;
    std::map<std::filesystem::path, std::shared_ptr<const TensorFile>> open_;
    std::vector<std::filesystem::path> files_;
};

/// What the files are, as 64 hexadecimal digits: the SHA-256 of their names and of the SHA-256 of each one's
/// content. A file that the hub's cache holds under its SHA-256 (a link into blobs/) is not read for it.
std::string fingerprint(const Checkpoint& checkpoint);

/// Reads what `fingerprint` takes on trust: that each file in the hub's cache has the SHA-256 that it is
/// stored under.
/// @throws Error (input) naming one that has not
void verify(const Checkpoint& checkpoint);

}  // namespace lvr::weights

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <lvr/weights/checkpoint.hpp>

namespace lvr::weights {

/// A file of torch.save (PyTorch 1.6 or later): a zip archive with a pickle that lists tensors, and their
/// storages.
/// @throws Error (input) if it is damaged, of an older form, or would run anything when loaded
std::unique_ptr<const TensorFile> open_torch_zip(const std::filesystem::path& file);

/// The tensor of a file that `torch.save(tensor, file)` made (PyTorch 1.6 or later).
/// @return on the CPU, in the file's dtype and with its strides: a view of the mapped file, which it keeps
/// mapped
/// @throws Error (input) as above, or if the file holds something else than one tensor
at::Tensor read_bare_tensor(const std::filesystem::path& file);

}  // namespace lvr::weights

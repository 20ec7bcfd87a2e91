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

}  // namespace lvr::weights

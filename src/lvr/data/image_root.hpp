// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lvr::data {

/// The folder that paths of pictures start from. One file in it may be missing alone; with its folder all
/// would be, one after the other, which is not a picture's fault. Any number of threads may use it.
class ImageRoot {
  public:
    /// @throws core::Error (input) if there is no such folder
    explicit ImageRoot(const std::string& folder);
    ~ImageRoot();
    ImageRoot(const ImageRoot&) = delete;
    ImageRoot& operator=(const ImageRoot&) = delete;

    /// The content of a picture's file. @param path relative to the folder, or absolute @param id for messages
    /// @throws ImageError (missing, unreadable, too_large) if this picture cannot be read
    /// @throws core::Error (input) if the root, or the folder of the picture, is not what it was at the first
    /// look, or its disk or the network fails; (resource) if the machine has no room
    std::vector<std::uint8_t> bytes(const std::string& path, const std::string& id) const;

    /// Looks at the folder of a picture, if that was not done before.
    void look(const std::string& path) const;
    /// How many folders were looked at.
    std::size_t seen() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lvr::data

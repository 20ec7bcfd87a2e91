// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lvr::data {

// In a build without Arrow everything here throws core::Error (usage).

/// Rows of a file whose column holds images: binary, or a struct of `bytes` (binary) and perhaps `path`
/// (text).
/// @throws core::Error (input) if it is damaged, or has no such column
std::int64_t count_parquet_rows(const std::string& file, const std::string& column);

/// Which image.
struct ImageCell {
    std::string file;
    std::int64_t row = 0;
    std::string id;             ///< names it, for messages
    std::int64_t position = 0;  ///< in a list of images
};

/// Cells of a column, any number of threads at once. Row groups are read whole, however large, each by one
/// thread while the others wait. Memory: the column's two last row groups, or only the last if one of the two
/// takes more than 256 MiB; and while a row group is read, as much again for Arrow to decode it.
class ParquetImages {
  public:
    struct Cell {
        std::vector<std::uint8_t> bytes;
        std::string path;  ///< where the bytes are instead, if the cell has only that
    };

    explicit ParquetImages(std::string column);
    ~ParquetImages();

    /// @throws ImageError (missing, unreadable) if the cell is null, has no image at that position, or its
    /// row group is damaged
    /// @throws core::Error (input) if the file is gone, cannot be read for its disk's or the network's fault,
    /// or is not the one that the catalog was made of
    Cell cell(const ImageCell& cell);

    /// How many images a cell has: 0 if it is null, 1 unless it is a list. @throws as cell()
    std::int64_t count(const ImageCell& cell);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lvr::data

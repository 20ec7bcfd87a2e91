// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lvr::data {

/// What images a dataset has: made once (on rank 0), sent to the others, read by all. Image i is ids[i].
struct Catalog {
    enum class Kind { files, parquet };

    Kind kind = Kind::files;
    std::string root;                ///< folder that relative paths start from; as given, not made absolute
    std::string column;              ///< parquet: the column that holds the images
    std::vector<std::string> ids;    ///< stable names, UTF-8, unique
    std::vector<std::string> paths;  ///< per id: the file, relative to root or absolute
    std::vector<std::int64_t> rows;  ///< parquet: per id the row in that file; else empty
    /// SHA-256 over kind, column, ids, paths, rows, and each file's size in bytes (-1: no such file, or none
    /// that may be looked at; parquet: also its last 64 kB, but no files that its cells name). Not over the
    /// root's name: a dataset may be moved, but another of the same names has another hash. What does not
    /// change the size is not noticed; an image that appears, vanishes or is replaced makes another dataset,
    /// which needs an output folder of its own.
    std::string hash;
    std::vector<std::string> notes;  ///< what the user should know: entries left out, and why

    std::int64_t size() const { return static_cast<std::int64_t>(ids.size()); }

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& kind& root& column& ids& paths& rows& hash& notes;
    }
};

struct CatalogSpec {
    std::string images;      ///< folder, list or dataset: which kind it is is found out
    std::string image_root;  ///< for lists: the folder their paths are relative to; empty: the list's own
    std::string column = "image";  ///< parquet: the column that holds the images
};

/// Finds the images of a dataset. It can be
/// - a folder of pictures (.jpg .jpeg .png .webp, any case), with all folders in it, in the byte order of the
///   relative path, which is the id. Hidden names and our temporary files are left out; a folder that is
///   called like a picture counts as one (unreadable, not looked into); each folder is visited once, so that
///   links cannot go in circles.
/// - a folder of SPair-71k (JPEGImages and PairAnnotation or ImageAnnotation in it): id = class/file name
/// - a folder of *.parquet files, with all folders in it: id = relative path without suffix, ':', row
/// - one picture, or one .parquet file
/// - a .txt list: one path per line, no comments; blank lines are skipped
/// - a .json list or .jsonl lines, of any size: paths, or objects whose `image` is a path or a list of paths,
/// as
///   LLaVA's; objects without `image` are text only and skipped. Id = the path as written, in order of first
///   mention; a path that is named again is the same image.
/// Names that are not UTF-8 get ids in which bytes beyond ASCII are percent-encoded. A listed file
/// that is not there is no mistake here: it is missing when it is read.
/// @throws core::Error (input) if it is none of these, has no images, or cannot be read (a list's line and
/// entry are named), or a disk or the network fails
/// @throws core::Error (usage) for parquet in a build without it
Catalog read_catalog(const CatalogSpec& spec);

/// Whether this build reads parquet.
bool reads_parquet();

/// The bytes of the images of a catalog.
class ImageReader {
  public:
    /// @param catalog must outlive the reader @throws core::Error (input) if its root is not there
    explicit ImageReader(const Catalog& catalog);
    ~ImageReader();
    ImageReader(const ImageReader&) = delete;
    ImageReader& operator=(const ImageReader&) = delete;

    /// The content of image `index`'s file, or of its parquet cell. Any number of threads may call it.
    /// @throws ImageError (missing, unreadable, too_large) if this image cannot be read
    /// @throws core::Error (input) if the dataset or a part is gone: the root, or the folder of the image, is
    /// not what it was when the reader first looked (at its start for the first thousand folders, else at the
    /// first image in it); a parquet file is not there; or its disk or the network fails
    std::vector<std::uint8_t> bytes(std::int64_t index) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lvr::data

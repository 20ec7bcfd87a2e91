// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>
#include <lvr/encoders/shared_views.hpp>
#include <lvr/extract/representation.hpp>

namespace lvr::extract {

/// One picture as the encoders of a run see it.
struct Views {
    std::vector<data::Image> plain, flipped;  ///< one for each distinct geometry
};

/// Reads, decodes and resizes pictures for several encoders: each picture is decoded once, and each geometry
/// that encoders share is worked out once. Any number of threads may use it.
class Preparation {
  public:
    /// @param catalog, representations must outlive it
    Preparation(const data::Catalog& catalog, const std::vector<Representation>& representations, bool flip);

    /// @throws data::ImageError if this picture cannot be used; Error (input) if the dataset is gone or no
    /// encoder takes pictures of this size
    Views views(std::int64_t image) const;

    /// Which view is the i-th input of a representation's encoder.
    std::size_t view_of(std::size_t representation, std::size_t input) const {
        return views_.view_of(representation, input);
    }

  private:
    const data::Catalog& catalog_;
    data::ImageReader reader_;
    encoders::SharedViews views_;
    bool flip_;
};

}  // namespace lvr::extract

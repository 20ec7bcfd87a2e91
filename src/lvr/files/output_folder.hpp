// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace lvr::files {

/// A folder whose files are of one run. It keeps a list of them (`files.json`); what an earlier run listed
/// and this one does not write again is removed by `finish`, so that figures of two inputs never lie side by
/// side.
/// @throws Error (output) for a path that cannot be written, (input) for a list that is not ours
class OutputFolder {
  public:
    /// Makes the folder if it is missing and reads the list of the run before.
    explicit OutputFolder(std::filesystem::path folder);

    /// Where to write the file `name` ("tables/r2.md"); its folder is made, and it goes onto the list.
    std::filesystem::path file(const std::string& name);

    /// file(name) with this content, complete or absent.
    void write(const std::string& name, std::string_view text);

    /// To be called when all is written: removes what is left over and writes the list.
    void finish();

  private:
    std::filesystem::path folder_;
    std::set<std::string> before_, written_;
};

}  // namespace lvr::files

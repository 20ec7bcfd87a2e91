// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::files {

// A folder of answers, eval/<model>/<task>: manifest.json (shard_manifest.hpp) and part-000000.h5, ... Part s
// holds the questions [s * shard_size, ...) of those that are asked, n of them:
//   row            [n]  int64: of the data set, from 0
//   answer         [n]  UTF-8, white space at both ends taken off; a NUL, which HDF5 cannot hold, is U+FFFD
//   ended          [n]  int64, 1: the model ended it; 0: it reached the limit, or the model was not asked
//   prompt_tokens  [n]  int64: positions of the prompt, those of pictures counted; 0: it was not asked
//   token_count    [n]  int64: of the answer
//   token_id       [sum of token_count]  int64: the answers' ids, one behind the other
//   image          [n]  "" or 16 hexadecimal digits of the SHA-256 of the first picture's bytes
//   problem        [n]  "" or why the question could not be asked: its answer is ""
// Attributes of the root: schema = "lvr.answers", version = 1, and the provenance.

struct AnswerRecord {
    std::int64_t row = 0;
    std::string answer;
    bool ended = false;
    std::int64_t prompt_tokens = 0;
    std::vector<std::int64_t> ids;
    std::string image;
    std::string problem;
};

struct Answers {
    std::vector<AnswerRecord> records;
    core::Json provenance;
};

/// Writes a part, complete or absent; equal content is equal bytes. @throws Error (output)
void write_answers_part(const std::filesystem::path& file, const Answers& answers);

/// @throws Error (input) naming the file: missing, damaged, of another schema, or holding what no part may
Answers read_answers_part(const std::filesystem::path& file);

/// All of a folder, in order; the provenance is the first part's.
/// @throws Error (input) naming the file: a part that is missing, or does not fit the manifest
Answers read_answers(const std::filesystem::path& folder);

}  // namespace lvr::files

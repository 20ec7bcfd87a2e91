// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::tasks {

/// A question as its data set has it: the members of its row but for the pictures.
using Document = core::Json;

/// What becomes of an answer to MMBench in which no rule finds a letter (the reference asked a language model
/// that is no longer served).
enum class Judge : std::uint8_t {
    strict,     ///< it is wrong
    reference,  ///< a random letter, as the reference takes one where nobody answers it: Python's generator
    rules,      ///< the regular expressions of the reference's later versions; what they leave open is wrong
};

struct ScoreOptions {
    Judge judge = Judge::strict;
    bool rows = true;  ///< whether Score::rows is wanted, which takes longer than the score
};

/// A question and the model's answer to it.
struct Answered {
    const Document* document = nullptr;
    std::string answer;     ///< white space at its ends is ignored, as in the reference's harness
    std::string image;      ///< hash of its first picture's bytes; "" if it has none
    std::int64_t row = -1;  ///< of the data set, from 0; -1: its place among the answers
};

/// What a score is a mean over: a question, MME's picture (two questions), MMBench's circular group.
struct ScoreUnit {
    std::string id;       ///< unique in its benchmark, the same in every run
    std::string stratum;  ///< MME: the category; otherwise ""
    std::string cluster;  ///< units that share a picture depend on one another; never ""
    double value = 0;     ///< in the unit of Score::reported
};

/// A benchmark's result.
struct Score {
    std::string metric;  ///< the reference's name of the one that the paper reports: "exact_match"
    double value = 0;    ///< on the reference's scale, with its rounding
    double reported =
        0;  ///< in the benchmark's unit, not rounded: sum over strata of the mean of units' values
    double standard_error =
        std::numeric_limits<double>::quiet_NaN();  ///< of `reported`, clustered by picture
    core::Json metrics = core::Json::object();  ///< all of the reference's: name -> value, or table of values
    std::vector<ScoreUnit> units;
    std::int64_t undecided = 0;    ///< answers that were not understood, where the reference guesses or asks
    std::vector<core::Json> rows;  ///< per answer, in its order: what the reference logs: metric -> value
};

}  // namespace lvr::tasks

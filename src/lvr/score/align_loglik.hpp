// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/files/caption_loglik.hpp>
#include <lvr/score/align_report.hpp>

namespace lvr::score {

/// The A score of the paper's third version: how likely an aligned model finds captions.
/// @param by_token false: the mean over pairs of the log-likelihood per token (nats), with the standard error
/// of a mean over pairs; true: all log-likelihood by all tokens, with the standard error of a ratio of two
/// means, linearised
/// @throws Error (input) if there are no pairs; `where` names them
AlignReport loglik_report(const files::CaptionLoglik& pairs, bool by_token, const std::string& where);

}  // namespace lvr::score

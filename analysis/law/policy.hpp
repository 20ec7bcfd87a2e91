// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <analysis/law/table.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::analysis {

/// How the next representation to train is drawn.
enum class Sampling { region, uniform, random };

std::string name_of(Sampling sampling);

inline constexpr int k_tops = 3;

/// How soon the truly best representation is found, for "among the top 1, 2, 3 predictions".
/// Curves run over n = 1 .. N trained; with n = 1 found means that the one trained is the best.
struct PolicyCurves {
    std::array<double, k_tops> mean_tries{};  ///< trainings until found; N if only then
    std::array<std::vector<double>, k_tops>
        first_hit;  ///< P(found at some n' <= n); at N: 1, all are trained
    std::array<std::vector<double>, k_tops> exactly_n;         ///< P(the n trained find it by prediction)
    std::array<std::vector<double>, k_tops> exactly_n_credit;  ///< the same, or it is among the n trained
    std::int64_t trials = 0;  ///< simulated runs that the figures come from; 0: they are exact
};

struct PolicyChoice {
    std::string method =
        "auto";  ///< "exact" (enumeration), "simulate", "auto": exact up to 16 representations
    std::int64_t trials = 10000;  ///< of the simulation
    std::int64_t seed = 0;
};

/// The AC policy of the paper (region), plain draws with the same predictions (uniform), and draws without
/// any predictions, where found means trained (random); they share the fits. Random search has a closed form
/// and is never simulated.
/// @param problem complete: every representation measured, N >= 2
/// @return in the order of Sampling, the same on every rank
std::array<PolicyCurves, 3> all_policy_curves(const Problem& problem, const PolicyChoice& choice,
                                              const par::Comm& comm);

/// True if `choice` means enumeration for N representations. @throws Error (usage) if "exact" is out of
/// reach.
bool is_exact(const PolicyChoice& choice, int representations);

}  // namespace lvr::analysis

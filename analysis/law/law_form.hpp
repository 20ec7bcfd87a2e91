// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <string>
#include <vector>

namespace lvr::analysis {

/// A form of the law: which of A and C it sees, and its degree.
struct LawForm {
    bool uses_a = true;
    bool uses_c = true;
    bool quadratic = true;
};

/// "AC_quadratic", "A_linear", ...
std::string name_of(const LawForm& form);

/// The six forms of the paper, in the order of its tables: A, C, AC; linear before quadratic.
const std::vector<LawForm>& all_forms();

inline constexpr LawForm k_ac_quadratic{true, true, true};
inline constexpr LawForm k_a_quadratic{true, false, true};

/// The keys of the columns without the constant, e.g. a, c, a2, ac, c2.
std::vector<std::string> terms_of(const LawForm& form);

/// The same with the constant, "1", in front: the keys of the coefficients.
std::vector<std::string> term_keys(const LawForm& form);

/// The columns without the constant. @param a, c [n] @return [n, p], p = terms_of(form).size()
Eigen::MatrixXd columns_of(const LawForm& form, const Eigen::VectorXd& a, const Eigen::VectorXd& c);

}  // namespace lvr::analysis

// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/law_form.hpp>

namespace lvr::analysis {

std::string name_of(const LawForm& form) {
    return std::string(form.uses_a ? "A" : "") + (form.uses_c ? "C" : "") +
           (form.quadratic ? "_quadratic" : "_linear");
}

const std::vector<LawForm>& all_forms() {
    static const std::vector<LawForm> forms = {{true, false, false}, {true, false, true},
                                               {false, true, false}, {false, true, true},
                                               {true, true, false},  {true, true, true}};
    return forms;
}

std::vector<std::string> terms_of(const LawForm& form) {
    std::vector<std::string> terms;
    if (form.uses_a) terms.emplace_back("a");
    if (form.uses_c) terms.emplace_back("c");
    if (!form.quadratic) return terms;
    if (form.uses_a) terms.emplace_back("a2");
    if (form.uses_a && form.uses_c) terms.emplace_back("ac");
    if (form.uses_c) terms.emplace_back("c2");
    return terms;
}

std::vector<std::string> term_keys(const LawForm& form) {
    auto keys = terms_of(form);
    keys.insert(keys.begin(), "1");
    return keys;
}

Eigen::MatrixXd columns_of(const LawForm& form, const Eigen::VectorXd& a, const Eigen::VectorXd& c) {
    const auto terms = terms_of(form);
    Eigen::MatrixXd columns(a.size(), static_cast<Eigen::Index>(terms.size()));
    for (Eigen::Index j = 0; j < columns.cols(); ++j) {
        const std::string& term = terms[static_cast<std::size_t>(j)];
        if (term == "a") columns.col(j) = a;
        if (term == "c") columns.col(j) = c;
        if (term == "a2") columns.col(j) = a.array().square();
        if (term == "ac") columns.col(j) = a.array() * c.array();
        if (term == "c2") columns.col(j) = c.array().square();
    }
    return columns;
}

}  // namespace lvr::analysis

// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/error.hpp>

namespace lvr::core {
namespace {

std::string compose(const std::string& problem, const std::string& why, const std::string& remedy) {
    std::string message = problem;
    if (!why.empty()) message += "\n  why:    " + why;
    if (!remedy.empty()) message += "\n  remedy: " + remedy;
    return message;
}

}  // namespace

Error::Error(ErrorKind kind, const std::string& problem, const std::string& why, const std::string& remedy)
    : std::runtime_error(compose(problem, why, remedy)), kind_(kind) {}

Error usage_error(const std::string& problem, const std::string& why, const std::string& remedy) {
    return Error(ErrorKind::usage, problem, why, remedy);
}

Error input_error(const std::string& problem, const std::string& why, const std::string& remedy) {
    return Error(ErrorKind::input, problem, why, remedy);
}

Error output_error(const std::string& problem, const std::string& why, const std::string& remedy) {
    return Error(ErrorKind::output, problem, why, remedy);
}

void ensure(bool condition, const char* what) {
    if (!condition)
        throw Error(ErrorKind::internal, std::string("internal error: ") + what, "", "please report this");
}

}  // namespace lvr::core

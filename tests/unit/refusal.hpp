// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <string>

#include <lvr/core/error.hpp>

namespace lvr::test {

/// What an Error of this kind says; "" if nothing is thrown.
inline std::string refusal(core::ErrorKind kind, const std::function<void()>& act) {
    try {
        act();
    } catch (const core::Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    return "";
}
inline std::string refusal(const std::function<void()>& act) { return refusal(core::ErrorKind::input, act); }

/// The same where it must be thrown.
inline std::string message_of(core::ErrorKind kind, const std::function<void()>& act) {
    const std::string message = refusal(kind, act);
    if (message.empty()) FAIL("nothing was thrown");
    return message;
}
inline std::string input_message(const std::function<void()>& act) {
    return message_of(core::ErrorKind::input, act);
}
inline std::string output_message(const std::function<void()>& act) {
    return message_of(core::ErrorKind::output, act);
}

inline bool says(const std::string& text, const std::string& what) {
    UNSCOPED_INFO("is there '" << what << "' in: " << text);
    return text.find(what) != std::string::npos;
}

}  // namespace lvr::test

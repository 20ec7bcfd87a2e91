// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/ScalarType.h>

namespace lvr::weights {

struct NamedType {
    const char* name;
    at::ScalarType dtype;
};

/// What the numbers of a safetensors file may be, in the order in which the Python library writes tensors.
inline constexpr NamedType k_safetensors_types[] = {
    {"I64", at::kLong},
    {"F64", at::kDouble},
    {"F32", at::kFloat},
    {"I32", at::kInt},
    {"BF16", at::kBFloat16},
    {"F16", at::kHalf},
    {"I16", at::kShort},
    {"F8_E4M3", at::kFloat8_e4m3fn},
    {"F8_E5M2", at::kFloat8_e5m2},
    {"I8", at::kChar},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
};

}  // namespace lvr::weights

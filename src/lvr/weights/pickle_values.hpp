// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <utility>

#include <lvr/weights/unpickler.hpp>

namespace lvr::weights::pickle {

/// What a pickle may name.
enum class Global { ordered_dict, rebuild_tensor, rebuild_parameter, storage };

/// A value on the pickle's stack.
struct Value {
    enum class Kind { none, truth, integer, real, text, sequence, dict, global, storage, tensor };
    Kind kind = Kind::none;
    std::int64_t integer = 0;              ///< of integer and truth; for a storage its number of elements
    std::string text = {};                 ///< of text; for a storage its key
    std::vector<const Value*> items = {};  ///< of a tuple or list
    std::vector<std::pair<const Value*, const Value*>> entries = {};  ///< of dict
    Global global = Global::ordered_dict;
    at::ScalarType dtype = at::ScalarType::Undefined;  ///< of a storage, its type and a tensor
    std::shared_ptr<PickledTensor> tensor = {};
};

/// Builds values; what it makes lives as long as it.
class Builder {
  public:
    explicit Builder(std::string what) : what_(std::move(what)) {}

    Value* make(Value::Kind kind);

    /// "module name" of a pickle. @throws Error (input) that names it if it is none of the four
    Value* global(const std::string& module, const std::string& name);
    /// What calling a global gives.
    Value* call(const Value& callee, const Value& arguments);
    /// A storage of ("storage", type, key, device, number of elements).
    Value* storage(const Value& id);

    [[noreturn]] void damaged(const std::string& how) const;
    [[noreturn]] void refuse(const std::string& name) const;

  private:
    const Value& item(const Value& sequence, std::size_t index, Value::Kind kind) const;
    std::vector<std::int64_t> whole_numbers(const Value& sequence) const;
    Value* tensor(const Value& arguments);

    std::string what_;
    std::deque<Value> values_;
};

}  // namespace lvr::weights::pickle

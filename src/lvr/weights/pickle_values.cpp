// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/pickle_values.hpp>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>
#include <lvr/weights/mapped_file.hpp>

namespace lvr::weights::pickle {
namespace {

using Kind = Value::Kind;

constexpr std::size_t k_most_values = 2'000'000;  // a tensor takes about 15

struct StorageType {
    const char* name;
    at::ScalarType dtype;
};

constexpr StorageType k_storages[] = {
    {"FloatStorage", at::kFloat},       {"DoubleStorage", at::kDouble}, {"HalfStorage", at::kHalf},
    {"BFloat16Storage", at::kBFloat16}, {"LongStorage", at::kLong},     {"IntStorage", at::kInt},
    {"ShortStorage", at::kShort},       {"CharStorage", at::kChar},     {"ByteStorage", at::kByte},
    {"BoolStorage", at::kBool},
};

}  // namespace

Value* Builder::make(Kind kind) {
    if (values_.size() >= k_most_values) damaged("it has too many values");
    values_.emplace_back();
    values_.back().kind = kind;
    return &values_.back();
}

void Builder::damaged(const std::string& how) const {
    throw core::input_error(what_ + ": its list of tensors cannot be read (" + how + ")",
                            "the file is damaged or was not written by torch.save",
                            "download it again, or restore it from a copy");
}

void Builder::refuse(const std::string& name) const {
    throw core::input_error(
        what_ + ": the file would run " + files::shown(name) + " when loaded",
        "a file of weights needs tensors only, and whatever else it runs may do harm",
        "if you trust its origin, load it with PyTorch and save the tensors as safetensors");
}

Value* Builder::global(const std::string& module, const std::string& name) {
    const auto known = [&](Global global, at::ScalarType dtype = at::ScalarType::Undefined) {
        Value* value = make(Kind::global);
        value->global = global;
        value->dtype = dtype;
        return value;
    };
    if (module == "collections" && name == "OrderedDict") return known(Global::ordered_dict);
    if (module == "torch._utils" && name == "_rebuild_tensor_v2") return known(Global::rebuild_tensor);
    if (module == "torch._utils" && name == "_rebuild_parameter") return known(Global::rebuild_parameter);
    if (module == "torch.storage" && name == "UntypedStorage") return known(Global::storage, at::kByte);
    for (const auto& type : k_storages) {
        if (module == "torch" && name == type.name) return known(Global::storage, type.dtype);
    }
    refuse(module + "." + name);
}

const Value& Builder::item(const Value& sequence, std::size_t index, Kind kind) const {
    if (sequence.kind != Kind::sequence || index >= sequence.items.size() ||
        sequence.items[index]->kind != kind)
        damaged("an argument is missing or of the wrong type");
    return *sequence.items[index];
}

std::vector<std::int64_t> Builder::whole_numbers(const Value& sequence) const {
    if (sequence.items.size() > k_most_dimensions) damaged("a tensor has too many dimensions");
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
        numbers.push_back(item(sequence, i, Kind::integer).integer);
        if (numbers.back() < 0) damaged("a length or stride is negative");
    }
    return numbers;
}

Value* Builder::storage(const Value& id) {
    if (item(id, 0, Kind::text).text != "storage") damaged("a reference is to something else than a storage");
    const auto& type = item(id, 1, Kind::global);
    if (type.global != Global::storage) damaged("a storage has no type");
    Value* value = make(Kind::storage);
    value->text = item(id, 2, Kind::text).text;
    value->dtype = type.dtype;
    value->integer = item(id, 4, Kind::integer).integer;
    return value;
}

Value* Builder::tensor(const Value& arguments) {
    const auto& storage = item(arguments, 0, Kind::storage);
    Value* value = make(Kind::tensor);
    value->tensor = std::make_shared<PickledTensor>();
    value->tensor->storage = storage.text;
    value->tensor->dtype = storage.dtype;
    value->tensor->offset = item(arguments, 1, Kind::integer).integer;
    value->tensor->shape = whole_numbers(item(arguments, 2, Kind::sequence));
    value->tensor->strides = whole_numbers(item(arguments, 3, Kind::sequence));
    if (value->tensor->offset < 0) damaged("an offset is negative");
    if (value->tensor->shape.size() != value->tensor->strides.size())
        damaged("a tensor has not as many strides as dimensions");
    return value;
}

Value* Builder::call(const Value& callee, const Value& arguments) {
    if (callee.kind != Kind::global || arguments.kind != Kind::sequence) damaged("a call of something else");
    switch (callee.global) {
        case Global::ordered_dict:
            if (!arguments.items.empty()) damaged("a dictionary made of something else");
            return make(Kind::dict);
        case Global::rebuild_tensor:
            return tensor(arguments);
        case Global::rebuild_parameter: {
            Value* value = make(Kind::tensor);
            value->tensor = item(arguments, 0, Kind::tensor).tensor;
            return value;
        }
        case Global::storage:
            break;
    }
    damaged("a call of a storage type");
}

}  // namespace lvr::weights::pickle

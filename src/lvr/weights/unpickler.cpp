// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/unpickler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include <lvr/core/error.hpp>
#include <lvr/weights/pickle_values.hpp>

namespace lvr::weights {
namespace {

using pickle::Builder;
using pickle::Value;
using Kind = Value::Kind;

/// The pickle virtual machine (protocols 2 to 5) as far as dictionaries of tensors need it.
class Unpickler {
  public:
    Unpickler(std::string_view pickle, const std::string& what) : rest_(pickle), values_(what) {}

    const Value& run() {
        for (;;) {
            const auto code = static_cast<unsigned char>(take(1)[0]);
            if (code == '.') return *pop();
            if (!step_value(code) && !step_container(code) && !step_memo(code) && !step_object(code))
                values_.damaged(fmt::format("unexpected instruction 0x{:02x}", code));
        }
    }

    Builder& values() { return values_; }

  private:
    std::string_view take(std::uint64_t count) {
        if (count > rest_.size()) values_.damaged("it ends too soon");
        const auto piece = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return piece;
    }

    std::uint64_t unsigned_number(std::size_t bytes) {
        const auto piece = take(bytes);
        std::uint64_t number = 0;
        for (std::size_t i = bytes; i-- > 0;) number = number << 8 | static_cast<unsigned char>(piece[i]);
        return number;
    }

    std::string line() {
        const auto end = rest_.find('\n');
        if (end == std::string_view::npos) values_.damaged("it ends too soon");
        const std::string text(take(end));
        take(1);
        return text;
    }

    void push(Value* value) { stack_.push_back(value); }

    std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

    Value* pop() {
        if (stack_.size() <= floor()) values_.damaged("a value is missing");
        Value* value = stack_.back();
        stack_.pop_back();
        return value;
    }

    Value* top() {
        Value* value = pop();
        push(value);
        return value;
    }

    /// What lies above the last mark, and the mark, are taken off.
    std::vector<Value*> pop_to_mark() {
        if (marks_.empty()) values_.damaged("a mark is missing");
        std::vector<Value*> taken(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
        stack_.resize(marks_.back());
        marks_.pop_back();
        return taken;
    }

    void push_integer(std::int64_t number) {
        Value* value = values_.make(Kind::integer);
        value->integer = number;
        push(value);
    }

    void push_text(std::uint64_t length) {
        Value* value = values_.make(Kind::text);
        value->text = take(length);
        push(value);
    }

    void push_truth(bool truth) {
        push(values_.make(Kind::truth));
        stack_.back()->integer = truth;
    }

    /// LONG1: a length and as many bytes, little-endian, two's complement.
    void push_long() {
        const auto length = unsigned_number(1);
        if (length > 8) values_.damaged("a whole number is too large");
        std::uint64_t number = unsigned_number(length);
        if (length > 0 && length < 8 && (number >> (8 * length - 1)) != 0)
            number |= ~std::uint64_t{0} << (8 * length);
        push_integer(static_cast<std::int64_t>(number));
    }

    bool step_value(unsigned char code) {
        switch (code) {
            case 0x80:
                take(1);
                return true;  // PROTO
            case 0x95:
                take(8);
                return true;  // FRAME
            case 'N':
                push(values_.make(Kind::none));
                return true;  // NONE
            case 0x88:
                push_truth(true);
                return true;  // NEWTRUE
            case 0x89:
                push_truth(false);
                return true;  // NEWFALSE
            case 'K':
                push_integer(static_cast<std::int64_t>(unsigned_number(1)));
                return true;  // BININT1
            case 'M':
                push_integer(static_cast<std::int64_t>(unsigned_number(2)));
                return true;  // BININT2
            case 'J':
                push_integer(static_cast<std::int32_t>(unsigned_number(4)));
                return true;  // BININT
            case 0x8a:
                push_long();
                return true;  // LONG1
            case 'G':
                take(8), push(values_.make(Kind::real));
                return true;  // BINFLOAT
            case 0x8c:
            case 'U':
                push_text(unsigned_number(1));
                return true;  // SHORT_BINUNICODE, SHORT_BINSTRING
            case 'X':
            case 'T':
                push_text(unsigned_number(4));
                return true;  // BINUNICODE, BINSTRING
            case 0x8d:
                push_text(unsigned_number(8));
                return true;  // BINUNICODE8
            default:
                return false;
        }
    }

    void push_sequence(const std::vector<Value*>& items) {
        Value* value = values_.make(Kind::sequence);
        value->items.assign(items.begin(), items.end());
        push(value);
    }

    void push_tuple(std::size_t count) {
        std::vector<Value*> items(count);
        for (std::size_t i = count; i-- > 0;) items[i] = pop();
        push_sequence(items);
    }

    void append(const std::vector<Value*>& items) {
        Value* list = top();
        if (list->kind != Kind::sequence) values_.damaged("a list is missing");
        list->items.insert(list->items.end(), items.begin(), items.end());
    }

    void set_items(const std::vector<Value*>& items) {
        Value* dict = top();
        if (dict->kind != Kind::dict || items.size() % 2 != 0) values_.damaged("a dictionary is missing");
        for (std::size_t i = 0; i < items.size(); i += 2) dict->entries.emplace_back(items[i], items[i + 1]);
    }

    bool step_container(unsigned char code) {
        switch (code) {
            case '(':
                marks_.push_back(stack_.size());
                return true;  // MARK
            case ')':
            case ']':
                push_sequence({});
                return true;  // EMPTY_TUPLE, EMPTY_LIST
            case '}':
                push(values_.make(Kind::dict));
                return true;  // EMPTY_DICT
            case 't':
                push_sequence(pop_to_mark());
                return true;  // TUPLE
            case 0x85:
            case 0x86:
            case 0x87:
                push_tuple(code - 0x84u);
                return true;  // TUPLE1 to TUPLE3
            case 'a':
                append({pop()});
                return true;  // APPEND
            case 'e':
                append(pop_to_mark());
                return true;  // APPENDS
            case 'u':
                set_items(pop_to_mark());
                return true;  // SETITEMS
            case 's': {       // SETITEM
                Value* value = pop();
                Value* key = pop();
                set_items({key, value});
                return true;
            }
            default:
                return false;
        }
    }

    void remember(std::uint64_t index) { memo_[index] = top(); }

    void recall(std::uint64_t index) {
        const auto found = memo_.find(index);
        if (found == memo_.end()) values_.damaged("it refers to a value that is not there");
        push(found->second);
    }

    bool step_memo(unsigned char code) {
        switch (code) {
            case 'q':
                remember(unsigned_number(1));
                return true;  // BINPUT
            case 'r':
                remember(unsigned_number(4));
                return true;  // LONG_BINPUT
            case 0x94:
                remember(memo_.size());
                return true;  // MEMOIZE
            case 'h':
                recall(unsigned_number(1));
                return true;  // BINGET
            case 'j':
                recall(unsigned_number(4));
                return true;  // LONG_BINGET
            default:
                return false;
        }
    }

    bool step_object(unsigned char code) {
        switch (code) {
            case 'c': {  // GLOBAL
                const auto module = line();
                push(values_.global(module, line()));
                return true;
            }
            case 0x93: {  // STACK_GLOBAL
                const Value* name = pop();
                const Value* module = pop();
                push(values_.global(module->text, name->text));
                return true;
            }
            case 'i': {  // INST
                const auto module = line();
                values_.refuse(module + "." + line());
            }
            case 'R': {  // REDUCE
                const Value* arguments = pop();
                const Value* callee = pop();
                push(values_.call(*callee, *arguments));
                return true;
            }
            case 'b': {  // BUILD
                pop();   // attributes of a dictionary: versions of modules
                if (top()->kind != Kind::dict)
                    values_.damaged("attributes of something else than a dictionary");
                return true;
            }
            case 'Q':
                push(values_.storage(*pop()));
                return true;  // BINPERSID
            default:
                return false;
        }
    }

    std::string_view rest_;
    Builder values_;
    std::vector<Value*> stack_;
    std::vector<std::size_t> marks_;
    std::unordered_map<std::uint64_t, Value*> memo_;
};

bool is_text(const Value* value, std::string_view text) {
    return value->kind == Kind::text && value->text == text;
}

const Value* first_of_other_kind(const Value& dict) {
    const auto other = std::find_if(dict.entries.begin(), dict.entries.end(), [](const auto& entry) {
        return entry.first->kind != Kind::text || entry.second->kind != Kind::tensor;
    });
    return other == dict.entries.end() ? nullptr : other->first;
}

/// The dictionary of tensors: the top one, or one that it calls by one of the usual names.
const Value& tensors_in(const Value& top) {
    if (first_of_other_kind(top) == nullptr) return top;
    for (const char* name : {"state_dict", "model", "module"}) {
        for (const auto& [key, value] : top.entries) {
            if (is_text(key, name) && value->kind == Kind::dict) return *value;
        }
    }
    return top;
}

}  // namespace

std::map<std::string, PickledTensor> unpickle_tensors(std::string_view pickle, const std::string& what) {
    Unpickler machine(pickle, what);
    const Value& top = machine.run();
    const auto refuse = [&](const std::string& problem) {
        throw core::input_error(what + ": " + problem, "a dictionary of tensors by their names is expected",
                                "save it with torch.save(model.state_dict(), ...)");
    };
    if (top.kind != Kind::dict) refuse("holds no dictionary");
    const Value& dict = tensors_in(top);
    if (const Value* other = first_of_other_kind(dict))
        refuse(fmt::format("its entry {} is no tensor",
                           other->kind == Kind::text ? other->text : "that is not called by a text"));
    if (dict.entries.empty()) refuse("holds no tensors");
    std::map<std::string, PickledTensor> tensors;
    for (const auto& [name, value] : dict.entries) {
        if (!tensors.emplace(name->text, *value->tensor).second)
            refuse("has two entries called " + name->text);
    }
    return tensors;
}

PickledTensor unpickle_bare_tensor(std::string_view pickle, const std::string& what) {
    Unpickler machine(pickle, what);
    const Value& top = machine.run();
    if (top.kind == Kind::tensor) return *top.tensor;
    throw core::input_error(
        what + (top.kind == Kind::dict ? ": holds a dictionary" : ": holds something else than a tensor"),
        "one tensor by itself is expected", "save it with torch.save(tensor, ...)");
}

}  // namespace lvr::weights

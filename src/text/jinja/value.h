// The values of a template. Immutable but for namespaces, so that there are no cycles; scopes,
// macros and namespaces belong to the interpreter of one rendering and outlive every value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "text/marked_text.h"

namespace ganglion::jinja {

class Value;
struct Macro;
struct LoopState;

struct None {};

struct Undefined {
  std::shared_ptr<const std::string> reason;  // "'x' is undefined"; may be null
};

enum class ListKind : uint8_t {
  kList,
  kTuple,
  kGenerator,  // what map() and its kin make in Python: always true, read once, has no length
};

struct List {
  std::vector<Value> items;
  ListKind kind = ListKind::kList;
  uint32_t depth = 1;             // of nested lists and dicts
  mutable bool consumed = false;  // of generators
};

// Members in the order they were given; keys differ.
class Dict {
 public:
  using Member = std::pair<Value, Value>;

  const std::vector<Member>& members() const { return members_; }
  // Null when there is none. Keys compare as Python's: 1 == 1.0 == True.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  // A key that is there keeps its place and gets the value.
  void set(Value key, Value value);

  uint32_t depth = 1;

 private:
  std::vector<Member> members_;
  std::unordered_map<std::string, size_t> index_;  // key text → place; see key_text()
};

// Written by `set ns.name = …` alone.
struct Namespace {
  std::vector<std::pair<std::string, Value>> members;
};

enum class GlobalFunction : uint8_t { kRange, kDict, kNamespace, kRaiseException, kStrftimeNow };

struct BoundMethod;

using TextPointer = std::shared_ptr<const MarkedText>;
using ListPointer = std::shared_ptr<const List>;
using DictPointer = std::shared_ptr<const Dict>;
using LoopPointer = std::shared_ptr<LoopState>;
using MethodPointer = std::shared_ptr<const BoundMethod>;

class Value {
 public:
  Value() : state_(Undefined{}) {}
  explicit Value(None none) : state_(none) {}
  explicit Value(Undefined undefined) : state_(std::move(undefined)) {}
  explicit Value(bool value) : state_(value) {}
  explicit Value(int64_t value) : state_(value) {}
  explicit Value(double value) : state_(value) {}
  explicit Value(MarkedText text) : state_(std::make_shared<const MarkedText>(std::move(text))) {}
  // Text of the frame.
  explicit Value(std::string_view text) : Value(MarkedText(std::string(text))) {}
  explicit Value(ListPointer list) : state_(std::move(list)) {}
  explicit Value(DictPointer dict) : state_(std::move(dict)) {}
  explicit Value(Namespace* members) : state_(members) {}
  explicit Value(const Macro* macro) : state_(macro) {}
  explicit Value(GlobalFunction function) : state_(function) {}
  explicit Value(MethodPointer method) : state_(std::move(method)) {}
  explicit Value(LoopPointer loop) : state_(std::move(loop)) {}

  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(state_);
  }
  // Null when it is something else.
  template <typename T>
  const T* get() const {
    return std::get_if<T>(&state_);
  }

  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  const MarkedText* text() const { return pointee<TextPointer>(); }
  const List* list() const { return pointee<ListPointer>(); }
  const Dict* dict() const { return pointee<DictPointer>(); }
  const BoundMethod* method() const { return pointee<MethodPointer>(); }
  LoopState* loop() const { return pointee<LoopPointer>(); }
  bool is_callable() const;

 private:
  template <typename Pointer>
  auto pointee() const -> typename Pointer::element_type* {
    const Pointer* pointer = std::get_if<Pointer>(&state_);
    return pointer == nullptr ? nullptr : pointer->get();
  }

  std::variant<Undefined, None, bool, int64_t, double, TextPointer, ListPointer, DictPointer,
               Namespace*, const Macro*, GlobalFunction, MethodPointer, LoopPointer>
      state_;
};

struct BoundMethod {
  Value self;
  std::string name;
};

// What `loop` is within a for statement.
struct LoopState {
  std::vector<Value> items;
  size_t index = 0;  // from 0
  int64_t depth = 1;
  std::vector<Value> last_changed;  // of loop.changed()
  const void* statement = nullptr;  // the recursive for statement, else null
};

// How a key is found: keys that are equal have the same text. Keys are text, numbers, booleans and
// None.
std::string key_text(const Value& key);
bool is_hashable(const Value& key);

// 1 and more than the deepest of `value`; 0 for what has no elements.
uint32_t depth_of(const Value& value);

// "str", "int", "list", "NoneType", …: for messages, as Python calls them.
std::string_view type_name(const Value& value);

Value undefined(std::string reason);

}  // namespace ganglion::jinja

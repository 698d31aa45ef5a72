// Methods of texts that ask about them.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/lexer.h"
#include "text/jinja/text_operations.h"
#include "text/jinja/text_search.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

// The part of the text that the arguments `first` and `first` + 1 (begin, end) leave.
struct Window {
  std::string_view text;
  size_t begin_character = 0;
  bool is_valid = true;  // begin is within the text
};

Result<Window> window_of(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                         size_t first) {
  const std::string_view text = self.text()->text();
  if (arguments[first] == nullptr && arguments[first + 1] == nullptr) return Window{text};
  GANGLION_TRY(runtime.charge_steps(text.size() / 64));
  const CodePointIndex characters(text);
  const auto size = static_cast<int64_t>(characters.size());
  GANGLION_ASSIGN(int64_t begin, arguments.whole(first, 0));
  GANGLION_ASSIGN(int64_t end, arguments.whole(first + 1, size));
  if (begin < 0) begin = std::max<int64_t>(begin + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size);
  if (begin > end) return Window{{}, 0, false};
  const size_t from = characters.byte_at(static_cast<size_t>(begin));
  return Window{text.substr(from, characters.byte_at(static_cast<size_t>(end)) - from),
                static_cast<size_t>(begin)};
}

Result<int64_t> find_place(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                           bool from_right) {
  GANGLION_ASSIGN(const MarkedText* needle, arguments.required_text(0));
  GANGLION_ASSIGN(const Window window, window_of(runtime, self, arguments, 1));
  GANGLION_TRY(runtime.charge_steps(window.text.size() / 64));
  if (!window.is_valid) return int64_t{-1};
  if (from_right) {
    GANGLION_TRY(runtime.charge_steps(window.text.size() * (needle->size() / 256)));
  }
  const size_t found =
      from_right ? window.text.rfind(needle->text()) : find_text(window.text, needle->text(), 0);
  if (found == std::string_view::npos) return int64_t{-1};
  return static_cast<int64_t>(window.begin_character +
                              count_code_points(window.text.substr(0, found)));
}

Result<Value> find(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const int64_t place, find_place(runtime, self, arguments, false));
  return Value(place);
}
Result<Value> rfind(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const int64_t place, find_place(runtime, self, arguments, true));
  return Value(place);
}
Result<Value> index_from(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                         bool from_right) {
  GANGLION_ASSIGN(const int64_t place, find_place(runtime, self, arguments, from_right));
  if (place < 0) return fail(ErrorCode::kInvalidArgument, "the text to find is not there");
  return Value(place);
}
Result<Value> index(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return index_from(runtime, self, arguments, false);
}
Result<Value> rindex(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return index_from(runtime, self, arguments, true);
}

Result<Value> count(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText* needle, arguments.required_text(0));
  GANGLION_ASSIGN(const Window window, window_of(runtime, self, arguments, 1));
  GANGLION_TRY(runtime.charge_steps(window.text.size()));
  if (!window.is_valid) return Value(int64_t{0});
  if (needle->empty()) return Value(static_cast<int64_t>(count_code_points(window.text)) + 1);
  int64_t total = 0;
  for (size_t at = find_text(window.text, needle->text(), 0); at != std::string_view::npos;
       at = find_text(window.text, needle->text(), at + needle->size())) {
    ++total;
  }
  return Value(total);
}

// startswith and endswith: one text, or a tuple of them.
Result<Value> matches_end(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                          bool at_start) {
  GANGLION_ASSIGN(const Window window, window_of(runtime, self, arguments, 1));
  const List* several = arguments[0]->list();
  const std::vector<Value> candidates =
      several == nullptr ? std::vector<Value>{*arguments[0]} : several->items;
  GANGLION_TRY(runtime.charge_steps(candidates.size()));
  for (const Value& candidate : candidates) {
    if (candidate.text() == nullptr) {
      return fail(ErrorCode::kInvalidArgument, "expected a text, found {}", type_name(candidate));
    }
    const std::string& wanted = candidate.text()->text();
    if (window.is_valid &&
        (at_start ? window.text.starts_with(wanted) : window.text.ends_with(wanted))) {
      return Value(true);
    }
  }
  return Value(false);
}
Result<Value> startswith(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return matches_end(runtime, self, arguments, true);
}
Result<Value> endswith(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return matches_end(runtime, self, arguments, false);
}

bool is_decimal_digit(char32_t c) { return is_number(c) && (c > 0x7F || (c >= '0' && c <= '9')); }

// Whether the text is not empty and all its characters are so.
Result<Value> all_are(Runtime& runtime, const Value& self, bool (*is_so)(char32_t)) {
  const std::string& text = self.text()->text();
  GANGLION_TRY(runtime.charge_steps(text.size() / 64));
  for (size_t i = 0; i < text.size();) {
    const DecodedCodePoint c = decode_utf8(text, i);
    if (!is_so(c.value)) return Value(false);
    i += c.num_bytes;
  }
  return Value(!text.empty());
}
Result<Value> isalpha(Runtime& runtime, const Value& self, const BoundArguments&) {
  return all_are(runtime, self, is_letter);
}
Result<Value> isdigit(Runtime& runtime, const Value& self, const BoundArguments&) {
  return all_are(runtime, self, is_decimal_digit);
}
Result<Value> isalnum(Runtime& runtime, const Value& self, const BoundArguments&) {
  return all_are(runtime, self, [](char32_t c) { return is_letter(c) || is_number(c); });
}
Result<Value> isspace(Runtime& runtime, const Value& self, const BoundArguments&) {
  return all_are(runtime, self, is_python_space);
}
Result<Value> islower(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_TRY(runtime.charge_bytes(self.text()->size()));
  const std::string lowered = lower_text(*self.text()).text();
  return Value(lowered == self.text()->text() && upper_text(*self.text()).text() != lowered);
}
Result<Value> isupper(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_TRY(runtime.charge_bytes(self.text()->size()));
  const std::string raised = upper_text(*self.text()).text();
  return Value(raised == self.text()->text() && lower_text(*self.text()).text() != raised);
}

constexpr Builtin kMethods[] = {
    {"find", find, {"sub", "start", "end"}, 1},
    {"rfind", rfind, {"sub", "start", "end"}, 1},
    {"index", index, {"sub", "start", "end"}, 1},
    {"rindex", rindex, {"sub", "start", "end"}, 1},
    {"count", count, {"sub", "start", "end"}, 1},
    {"startswith", startswith, {"prefix", "start", "end"}, 1},
    {"endswith", endswith, {"suffix", "start", "end"}, 1},
    {"isalpha", isalpha},
    {"isdigit", isdigit},
    {"isdecimal", isdigit},
    {"isnumeric", isdigit},
    {"isalnum", isalnum},
    {"isspace", isspace},
    {"islower", islower},
    {"isupper", isupper},
};

}  // namespace

std::span<const Builtin> text_search_methods() { return kMethods; }

}  // namespace ganglion::jinja

// Methods of texts that make texts.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/lexer.h"
#include "text/jinja/printf.h"
#include "text/jinja/text_operations.h"
#include "text/jinja/text_search.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

Result<Value> upper(Runtime& runtime, const Value& self, const BoundArguments&) {
  return runtime.text(upper_text(*self.text()));
}
Result<Value> lower(Runtime& runtime, const Value& self, const BoundArguments&) {
  return runtime.text(lower_text(*self.text()));
}
Result<Value> capitalize(Runtime& runtime, const Value& self, const BoundArguments&) {
  return runtime.text(capitalize_text(*self.text()));
}
Result<Value> title(Runtime& runtime, const Value& self, const BoundArguments&) {
  return runtime.text(title_text(*self.text(), [](char32_t c) { return !is_letter(c); }));
}

Result<Value> strip_ends(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                         bool left, bool right) {
  GANGLION_ASSIGN(const MarkedText* characters, arguments.text(0));
  return runtime.text(strip_text(*self.text(), characters, left, right));
}
Result<Value> strip(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return strip_ends(runtime, self, arguments, true, true);
}
Result<Value> lstrip(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return strip_ends(runtime, self, arguments, true, false);
}
Result<Value> rstrip(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return strip_ends(runtime, self, arguments, false, true);
}

Result<Value> replace(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText* from, arguments.required_text(0));
  GANGLION_ASSIGN(const MarkedText* to, arguments.required_text(1));
  GANGLION_ASSIGN(const int64_t count, arguments.whole(2, -1));
  return replace_text(runtime, *self.text(), *from, *to, count);
}

Result<Value> text_list(Runtime& runtime, std::vector<MarkedText> texts) {
  std::vector<Value> items;
  for (MarkedText& text : texts) {
    GANGLION_ASSIGN(Value item, runtime.text(std::move(text)));
    items.push_back(std::move(item));
  }
  return runtime.list(std::move(items));
}

// At spaces, which are never part of a piece; from the right when `from_right`.
std::vector<MarkedText> split_at_spaces(const MarkedText& text, int64_t limit, bool from_right) {
  std::vector<MarkedText> pieces;
  const std::string_view bytes = text.text();
  if (!from_right) {
    size_t begin = skip_spaces(bytes, 0);
    while (begin < bytes.size()) {
      if (limit >= 0 && pieces.size() >= static_cast<size_t>(limit)) {
        pieces.push_back(text.substring(begin, bytes.size()));
        break;
      }
      size_t end = begin;
      while (end < bytes.size() && skip_spaces(bytes, end) == end) {
        end += decode_utf8(bytes, end).num_bytes;
      }
      pieces.push_back(text.substring(begin, end));
      begin = skip_spaces(bytes, end);
    }
    return pieces;
  }
  size_t end = trimmed_end(bytes);
  while (end > 0) {
    if (limit >= 0 && pieces.size() >= static_cast<size_t>(limit)) {
      pieces.push_back(text.substring(0, end));
      break;
    }
    size_t begin = end;
    while (begin > 0 && trimmed_end(bytes.substr(0, begin)) == begin) {
      do --begin;
      while (begin > 0 && (bytes[begin] & 0xC0) == 0x80);
    }
    pieces.push_back(text.substring(begin, end));
    end = trimmed_end(bytes.substr(0, begin));
  }
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

std::vector<MarkedText> split_at_text(const MarkedText& text, std::string_view separator,
                                      int64_t limit, bool from_right) {
  std::vector<MarkedText> pieces;
  const std::string_view bytes = text.text();
  const auto goes_on = [&] { return limit < 0 || pieces.size() < static_cast<size_t>(limit); };
  if (from_right) {
    size_t end = bytes.size();
    while (goes_on()) {
      const size_t found = end < separator.size() ? std::string_view::npos
                                                  : bytes.rfind(separator, end - separator.size());
      if (found == std::string_view::npos) break;
      pieces.push_back(text.substring(found + separator.size(), end));
      end = found;
    }
    pieces.push_back(text.substring(0, end));
    std::reverse(pieces.begin(), pieces.end());
    return pieces;
  }
  size_t begin = 0;
  while (goes_on()) {
    const size_t found = find_text(bytes, separator, begin);
    if (found == std::string_view::npos) break;
    pieces.push_back(text.substring(begin, found));
    begin = found + separator.size();
  }
  pieces.push_back(text.substring(begin, bytes.size()));
  return pieces;
}

Result<Value> split_from(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                         bool from_right) {
  GANGLION_ASSIGN(const MarkedText* separator, arguments.text(0));
  GANGLION_ASSIGN(const int64_t limit, arguments.whole(1, -1));
  // rfind() is quadratic at worst; charged so.
  const uint64_t needle = separator == nullptr ? 1 : separator->size();
  GANGLION_TRY(runtime.charge_bytes(self.text()->size()));
  if (from_right) GANGLION_TRY(runtime.charge_steps(self.text()->size() * (needle / 256)));
  if (separator == nullptr)
    return text_list(runtime, split_at_spaces(*self.text(), limit, from_right));
  if (separator->empty()) return fail(ErrorCode::kInvalidArgument, "the separator is empty");
  return text_list(runtime, split_at_text(*self.text(), separator->text(), limit, from_right));
}
Result<Value> split(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return split_from(runtime, self, arguments, false);
}
Result<Value> rsplit(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return split_from(runtime, self, arguments, true);
}

Result<Value> splitlines(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_TRY(runtime.charge_bytes(self.text()->size()));
  return text_list(runtime, split_lines(*self.text(), arguments.flag(0)));
}

Result<Value> partition_at(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                           bool from_right) {
  GANGLION_ASSIGN(const MarkedText* separator, arguments.required_text(0));
  const MarkedText& text = *self.text();
  if (separator->empty()) return fail(ErrorCode::kInvalidArgument, "the separator is empty");
  GANGLION_TRY(runtime.charge_steps(text.size() * (separator->size() / 256)));
  const size_t found = from_right ? text.text().rfind(separator->text())
                                  : find_text(text.text(), separator->text(), 0);
  std::vector<Value> parts(3, Value(std::string_view()));
  if (found == std::string::npos) {
    parts[from_right ? 2 : 0] = self;
  } else {
    parts = {Value(text.substring(0, found)), Value(*separator),
             Value(text.substring(found + separator->size(), text.size()))};
  }
  GANGLION_TRY(runtime.charge_bytes(text.size()));
  return runtime.list(std::move(parts), ListKind::kTuple);
}
Result<Value> partition(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return partition_at(runtime, self, arguments, false);
}
Result<Value> rpartition(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return partition_at(runtime, self, arguments, true);
}

Result<Value> pad(Runtime& runtime, const Value& self, const BoundArguments& arguments, bool left,
                  bool right) {
  GANGLION_ASSIGN(const int64_t width, arguments.whole(0, 0));
  GANGLION_ASSIGN(const MarkedText* fill, arguments.text(1));
  return pad_text(runtime, *self.text(), width, left, right,
                  fill == nullptr ? std::string_view(" ") : std::string_view(fill->text()));
}
Result<Value> ljust(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return pad(runtime, self, arguments, false, true);
}
Result<Value> rjust(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return pad(runtime, self, arguments, true, false);
}
Result<Value> center(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return pad(runtime, self, arguments, true, true);
}

// Zeros between the sign and the digits.
Result<Value> zfill(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const int64_t width, arguments.whole(0, 0));
  const MarkedText& text = *self.text();
  const bool has_sign = text.text().starts_with('-') || text.text().starts_with('+');
  const size_t sign = has_sign ? 1 : 0;
  GANGLION_ASSIGN(
      const Value padded,
      pad_text(runtime, text.substring(sign, text.size()),
               std::max<int64_t>(width, 0) - static_cast<int64_t>(sign), true, false, "0"));
  MarkedText result = text.substring(0, sign);
  result.append(*padded.text());
  return runtime.text(std::move(result));
}

Result<Value> removeprefix(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText* prefix, arguments.required_text(0));
  const MarkedText& text = *self.text();
  if (!text.text().starts_with(prefix->text())) return self;
  return runtime.text(text.substring(prefix->size(), text.size()));
}
Result<Value> removesuffix(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText* suffix, arguments.required_text(0));
  const MarkedText& text = *self.text();
  if (!text.text().ends_with(suffix->text())) return self;
  return runtime.text(text.substring(0, text.size() - suffix->size()));
}

Result<Value> join(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, *arguments[0]));
  MarkedText text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].text() == nullptr) {
      return fail(ErrorCode::kInvalidArgument, "join needs texts, found {}", type_name(items[i]));
    }
    GANGLION_TRY(runtime.charge_bytes(self.text()->size() + items[i].text()->size()));
    if (i > 0) text.append(*self.text());
    text.append(*items[i].text());
  }
  return Value(std::move(text));
}

Result<Value> format(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return format_braces(runtime, *self.text(), arguments.all());
}

constexpr Builtin kMethods[] = {
    {"upper", upper},
    {"lower", lower},
    {"capitalize", capitalize},
    {"title", title},
    {"strip", strip, {"chars"}},
    {"lstrip", lstrip, {"chars"}},
    {"rstrip", rstrip, {"chars"}},
    {"replace", replace, {"old", "new", "count"}, 2},
    {"split", split, {"sep", "maxsplit"}},
    {"rsplit", rsplit, {"sep", "maxsplit"}},
    {"splitlines", splitlines, {"keepends"}},
    {"partition", partition, {"sep"}, 1},
    {"rpartition", rpartition, {"sep"}, 1},
    {"ljust", ljust, {"width", "fillchar"}, 1},
    {"rjust", rjust, {"width", "fillchar"}, 1},
    {"center", center, {"width", "fillchar"}, 1},
    {"zfill", zfill, {"width"}, 1},
    {"removeprefix", removeprefix, {"prefix"}, 1},
    {"removesuffix", removesuffix, {"suffix"}, 1},
    {"join", join, {"iterable"}, 1},
    {"format", format, {}, 0, true},
};

}  // namespace

std::span<const Builtin> text_methods() { return kMethods; }

}  // namespace ganglion::jinja

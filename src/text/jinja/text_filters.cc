// Filters that make text.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/lexer.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/jinja/printf.h"
#include "text/jinja/text_operations.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

Result<Value> upper(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  return runtime.text(upper_text(text));
}

Result<Value> lower(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  return runtime.text(lower_text(text));
}

Result<Value> capitalize(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  return runtime.text(capitalize_text(text));
}

Result<Value> title(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  return runtime.text(title_text(text, [](char32_t c) {
    return is_python_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  }));
}

Result<Value> trim(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  GANGLION_ASSIGN(const MarkedText* characters, arguments.text(0));
  return runtime.text(strip_text(text, characters, true, true));
}

Result<Value> replace(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  GANGLION_ASSIGN(const MarkedText from, printed(runtime, *arguments[0]));
  GANGLION_ASSIGN(const MarkedText to, printed(runtime, *arguments[1]));
  GANGLION_ASSIGN(const int64_t count, arguments.whole(2, -1));
  return replace_text(runtime, text, from, to, count);
}

Result<Value> indent(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  if (self.text() == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "indent needs a text, found {}", type_name(self));
  }
  const MarkedText& text = *self.text();
  MarkedText spaces;
  if (arguments[0] != nullptr && arguments[0]->text() != nullptr) {
    spaces = *arguments[0]->text();
  } else {
    GANGLION_ASSIGN(const int64_t width, arguments.whole(0, 4));
    if (width > 1000) return fail(ErrorCode::kLimit, "indent({}) is above 1000", width);
    spaces = MarkedText(std::string(static_cast<size_t>(std::max<int64_t>(width, 0)), ' '));
  }
  const bool first = arguments.flag(1);
  const bool blank = arguments.flag(2);
  MarkedText with_end = text;
  with_end.append("\n", false);
  const std::vector<MarkedText> lines = split_lines(with_end, false);
  MarkedText result;
  for (size_t i = 0; i < lines.size(); ++i) {
    GANGLION_TRY(runtime.charge_bytes(spaces.size() + lines[i].size() + 1));
    if (i > 0) result.append("\n", false);
    const bool indents = i == 0 ? first : blank || !lines[i].empty();
    if (indents) result.append(spaces);
    result.append(lines[i]);
  }
  return Value(std::move(result));
}

Result<Value> center(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  GANGLION_ASSIGN(const int64_t width, arguments.whole(0, 80));
  return pad_text(runtime, text, width, true, true);
}

Result<Value> string(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(MarkedText text, printed(runtime, self));
  return Value(std::move(text));
}

Result<Value> format(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  const CallArguments& all = arguments.all();
  if (all.named.empty()) {
    GANGLION_ASSIGN(const Value values, runtime.list(all.positional, ListKind::kTuple));
    return format_printf(runtime, text, values);
  }
  Dict dict;
  for (const auto& [name, value] : all.named) dict.set(Value(name), value);
  GANGLION_ASSIGN(const Value values, runtime.dict(std::move(dict)));
  return format_printf(runtime, text, values);
}

Result<Value> wordcount(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
  int64_t count = 0;
  bool in_word = false;
  for (size_t i = 0; i < text.size();) {
    const DecodedCodePoint c = decode_utf8(text.text(), i);
    const bool space = is_python_space(c.value);
    if (!space && !in_word) ++count;
    in_word = !space;
    i += c.num_bytes;
  }
  return Value(count);
}

// In a query spaces are "+" and slashes are escaped too.
MarkedText url_quoted(const MarkedText& text, bool in_query) {
  MarkedText result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text.text()[i];
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || c == '.' || c == '-' || c == '~' || (c == '/' && !in_query);
    const auto byte = static_cast<unsigned char>(c);
    const std::string shown = plain                  ? std::string(1, c)
                              : in_query && c == ' ' ? std::string("+")
                                                     : fmt::format("%{:02X}", byte);
    result.append(shown, text.is_data_at(i));
  }
  return result;
}

// A text; or a dict or list of pairs, which makes the query of an address.
Result<Value> urlencode(Runtime& runtime, const Value& self, const BoundArguments&) {
  if (self.dict() == nullptr && self.list() == nullptr) {
    GANGLION_ASSIGN(const MarkedText text, printed(runtime, self));
    return runtime.text(url_quoted(text, false));
  }
  std::vector<Value> pairs;
  if (const Dict* dict = self.dict()) {
    for (const Dict::Member& member : dict->members()) {
      GANGLION_ASSIGN(Value pair, runtime.list({member.first, member.second}));
      pairs.push_back(std::move(pair));
    }
  } else {
    GANGLION_ASSIGN(pairs, elements_of(runtime, self));
  }
  MarkedText query;
  for (const Value& pair : pairs) {
    GANGLION_ASSIGN(const std::vector<Value> parts, elements_of(runtime, pair));
    if (parts.size() != 2) return fail(ErrorCode::kInvalidArgument, "urlencode needs pairs");
    if (!query.empty()) query.append("&", false);
    for (size_t i = 0; i < 2; ++i) {
      if (i == 1) query.append("=", false);
      GANGLION_ASSIGN(const MarkedText part, printed(runtime, parts[i]));
      query.append(url_quoted(part, true));
    }
  }
  return runtime.text(std::move(query));
}

Result<Value> tojson(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  JsonStyle style;
  style.ascii_only = arguments.flag(0);
  if (arguments[1] != nullptr && !arguments[1]->is_none()) {
    style.item_separator = ",";
    if (const MarkedText* indent_text = arguments[1]->text()) {
      style.indent = indent_text->text();
    } else {
      GANGLION_ASSIGN(const int64_t width, arguments.whole(1, 0));
      if (width > 1000) return fail(ErrorCode::kLimit, "indent={} is above 1000", width);
      style.indent = std::string(static_cast<size_t>(std::max<int64_t>(width, 0)), ' ');
    }
  }
  if (arguments[2] != nullptr && !arguments[2]->is_none()) {
    const List* pair = arguments[2]->list();
    if (pair == nullptr || pair->items.size() != 2 || pair->items[0].text() == nullptr ||
        pair->items[1].text() == nullptr) {
      return fail(ErrorCode::kInvalidArgument, "separators must be two texts");
    }
    style.item_separator = pair->items[0].text()->text();
    style.key_separator = pair->items[1].text()->text();
  }
  style.sorts_keys = arguments.flag(3);
  MarkedText text;
  GANGLION_TRY(append_json(runtime, self, style, text));
  return Value(std::move(text));
}

constexpr Builtin kFilters[] = {
    {"upper", upper},
    {"lower", lower},
    {"capitalize", capitalize},
    {"title", title},
    {"trim", trim, {"chars"}},
    {"replace", replace, {"old", "new", "count"}, 2},
    {"indent", indent, {"width", "first", "blank"}},
    {"center", center, {"width"}},
    {"string", string},
    {"format", format, {}, 0, true},
    {"wordcount", wordcount},
    {"urlencode", urlencode},
    {"tojson", tojson, {"ensure_ascii", "indent", "separators", "sort_keys"}},
    {"safe", string},  // nothing is escaped on output
};

}  // namespace

std::span<const Builtin> text_filters() { return kFilters; }

}  // namespace ganglion::jinja

#include "text/jinja/printf.h"

#include <fmt/format.h>
#include <fmt/printf.h>

#include <algorithm>
#include <charconv>

#include "text/jinja/access.h"
#include "text/jinja/builtins.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

constexpr size_t kMaxWidth = 999;

struct Conversion {
  std::string name;  // of "%(name)s"
  std::string flags;
  size_t width = 0;
  std::optional<size_t> precision;
  char letter = 's';
};

Error bad_format(std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, "the format is wrong: {}", why);
}

Result<size_t> read_number(std::string_view text, size_t& position) {
  size_t number = 0;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    number = number * 10 + static_cast<size_t>(text[position++] - '0');
    if (number > kMaxWidth) return fail(ErrorCode::kLimit, "a width is above {}", kMaxWidth);
  }
  return number;
}

// After the "%" at `position` - 1.
Result<Conversion> read_conversion(std::string_view text, size_t& position) {
  Conversion conversion;
  if (position < text.size() && text[position] == '(') {
    const size_t close = text.find(')', position);
    if (close == std::string_view::npos) return bad_format("a \"(\" is never closed");
    conversion.name = text.substr(position + 1, close - position - 1);
    position = close + 1;
  }
  while (position < text.size() &&
         std::string_view("-+ #0").find(text[position]) != std::string_view::npos) {
    if (conversion.flags.find(text[position]) == std::string::npos)
      conversion.flags += text[position];
    ++position;
  }
  GANGLION_ASSIGN(conversion.width, read_number(text, position));
  if (position < text.size() && text[position] == '.') {
    ++position;
    GANGLION_ASSIGN(conversion.precision, read_number(text, position));
  }
  if (position >= text.size()) return bad_format("it ends within a conversion");
  conversion.letter = text[position++];
  return conversion;
}

std::string number_format(const Conversion& conversion, std::string_view letters) {
  std::string format = "%" + conversion.flags + std::to_string(conversion.width);
  if (conversion.width == 0) format = "%" + conversion.flags;
  if (conversion.precision) format += fmt::format(".{}", *conversion.precision);
  return format + std::string(letters);
}

Status append_number(const Conversion& conversion, const Value& value, MarkedText& out) {
  const auto number = number_of(value);
  if (!number) return bad_format(fmt::format("%{} needs a number", conversion.letter));
  const bool whole = std::string_view("dixXo").find(conversion.letter) != std::string_view::npos;
  if (!whole) {
    const std::string_view letter(&conversion.letter, 1);
    out.append(fmt::sprintf(number_format(conversion, letter), number->real), false);
    return {};
  }
  constexpr double kMost = 9.2e18;
  if (number->is_float && !(number->real > -kMost && number->real < kMost)) {
    return fail(ErrorCode::kLimit, "a number to format is beyond 64 bits");
  }
  const int64_t integer = number->is_float ? static_cast<int64_t>(number->real) : number->whole;
  if (conversion.letter == 'd' || conversion.letter == 'i') {
    out.append(fmt::sprintf(number_format(conversion, "d"), integer), false);
    return {};
  }
  if (integer < 0) return bad_format(fmt::format("%{} of a negative number", conversion.letter));
  const std::string_view letter(&conversion.letter, 1);
  out.append(fmt::sprintf(number_format(conversion, letter), static_cast<uint64_t>(integer)),
             false);
  return {};
}

Status append_text(Runtime& runtime, const Conversion& conversion, const Value& value,
                   MarkedText& out) {
  Value shown = value;
  if (conversion.letter == 'r') {
    GANGLION_ASSIGN(Value list, runtime.list({value}));
    GANGLION_ASSIGN(MarkedText text, printed(runtime, list));
    shown = Value(text.substring(1, text.size() - 1));  // without the brackets
  }
  GANGLION_ASSIGN(MarkedText text, printed(runtime, shown));
  const CodePointIndex characters(text.text());
  const size_t length =
      std::min(characters.size(), conversion.precision.value_or(characters.size()));
  const std::string padding(conversion.width > length ? conversion.width - length : 0, ' ');
  const bool left = conversion.flags.find('-') != std::string::npos;
  if (!left) out.append(padding, false);
  out.append(text, 0, characters.byte_at(length));
  if (left) out.append(padding, false);
  return {};
}

Status append_conversion(Runtime& runtime, const Conversion& conversion, const Value& value,
                         MarkedText& out) {
  GANGLION_TRY(runtime.charge_bytes(conversion.width + conversion.precision.value_or(0)));
  constexpr std::string_view kNumbers = "dixXofFeEgG";
  if (kNumbers.find(conversion.letter) != std::string_view::npos) {
    return append_number(conversion, value, out);
  }
  if (conversion.letter == 's' || conversion.letter == 'r') {
    return append_text(runtime, conversion, value, out);
  }
  return bad_format(fmt::format("unknown conversion %{}", conversion.letter));
}

Result<Value> next_value(const Value& values, const Conversion& conversion, size_t& used) {
  if (!conversion.name.empty()) {
    const Value* found = values.dict() == nullptr ? nullptr : values.dict()->find(conversion.name);
    if (found == nullptr) return bad_format(fmt::format("no value for %({})", conversion.name));
    return *found;
  }
  const bool is_tuple = values.list() != nullptr && values.list()->kind == ListKind::kTuple;
  const size_t count = is_tuple ? values.list()->items.size() : 1;
  if (used >= count) return bad_format("there are fewer values than conversions");
  return is_tuple ? values.list()->items[used++] : (++used, values);
}

}  // namespace

Result<Value> format_printf(Runtime& runtime, const MarkedText& format, const Value& values) {
  const std::string_view text = format.text();
  MarkedText out;
  size_t used = 0;
  size_t position = 0;
  while (position < text.size()) {
    const size_t percent = std::min(text.find('%', position), text.size());
    out.append(format, position, percent);
    position = percent + 1;
    if (percent == text.size()) break;
    GANGLION_ASSIGN(const Conversion conversion, read_conversion(text, position));
    if (conversion.letter == '%') {
      out.append("%", false);
      continue;
    }
    GANGLION_ASSIGN(const Value value, next_value(values, conversion, used));
    GANGLION_TRY(append_conversion(runtime, conversion, value, out));
  }
  const bool is_tuple = values.list() != nullptr && values.list()->kind == ListKind::kTuple;
  // A list or dict may stay unused, as in Python.
  const bool may_stay = !is_tuple && (values.dict() != nullptr || values.list() != nullptr);
  if (!may_stay && used < (is_tuple ? values.list()->items.size() : 1)) {
    return bad_format("there are more values than conversions");
  }
  return runtime.text(std::move(out));
}

namespace {

Result<Value> field_value(std::string_view field, const CallArguments& arguments, size_t& used) {
  if (field.empty()) {
    if (used < arguments.positional.size()) return arguments.positional[used++];
    return bad_format("there are fewer values than {}");
  }
  size_t index = 0;
  const auto read = std::from_chars(field.data(), field.data() + field.size(), index);
  if (read.ec == std::errc() && read.ptr == field.data() + field.size()) {
    if (index < arguments.positional.size()) return arguments.positional[index];
    return bad_format(fmt::format("there is no value {}", index));
  }
  for (const auto& [name, value] : arguments.named) {
    if (name == field) return value;
  }
  if (field.find_first_of(":!.[") != std::string_view::npos) {
    return fail(ErrorCode::kUnsupported, "\"{{{}}}\": format() takes plain names and numbers alone",
                field);
  }
  return bad_format(fmt::format("there is no value \"{}\"", field));
}

}  // namespace

Result<Value> format_braces(Runtime& runtime, const MarkedText& format,
                            const CallArguments& arguments) {
  const std::string_view text = format.text();
  MarkedText out;
  size_t used = 0;
  size_t position = 0;
  while (position < text.size()) {
    const size_t brace = std::min(text.find_first_of("{}", position), text.size());
    out.append(format, position, brace);
    position = brace + 1;
    if (brace == text.size()) break;
    if (position < text.size() && text[position] == text[brace]) {
      out.append(format, brace, brace + 1);
      ++position;
      continue;
    }
    const size_t close = text.find('}', brace);
    if (text[brace] == '}' || close == std::string_view::npos) return bad_format("a lone brace");
    GANGLION_ASSIGN(const Value value,
                    field_value(text.substr(position, close - position), arguments, used));
    GANGLION_TRY(append_printed(runtime, value, out));
    position = close + 1;
  }
  return runtime.text(std::move(out));
}

}  // namespace ganglion::jinja

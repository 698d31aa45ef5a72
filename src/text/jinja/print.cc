#include "text/jinja/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/jinja/lexer.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

// Appends and charges for it.
class Printer {
 public:
  Printer(Runtime& runtime, MarkedText& out) : runtime_(runtime), out_(out) {}

  Status put(std::string_view text, bool is_data = false) {
    GANGLION_TRY(runtime_.charge_bytes(text.size()));
    out_.append(text, is_data);
    return {};
  }
  Status put(const MarkedText& text) {
    GANGLION_TRY(runtime_.charge_bytes(text.size()));
    out_.append(text);
    return {};
  }
  // `text` through `escape`, a function from a view to a string, run by run.
  template <typename Escape>
  Status put_escaped(const MarkedText& text, const Escape& escape) {
    Status status;
    text.for_each_run(0, text.size(), [&](size_t begin, size_t end, bool is_data) {
      if (!status.ok()) return;
      status = put(escape(std::string_view(text.text()).substr(begin, end - begin)), is_data);
    });
    return status;
  }

  Runtime& runtime() { return runtime_; }

 private:
  Runtime& runtime_;
  MarkedText& out_;
};

bool is_printable(char32_t c) { return c == ' ' || (!is_control(c) && !is_python_space(c)); }

std::string escape_for_repr(std::string_view text, char quote) {
  std::string escaped;
  for (size_t i = 0; i < text.size();) {
    const DecodedCodePoint c = decode_utf8(text, i);
    if (c.value == static_cast<unsigned char>(quote) || c.value == '\\') {
      escaped += '\\';
      escaped += static_cast<char>(c.value);
    } else if (c.value == '\n' || c.value == '\r' || c.value == '\t') {
      escaped += c.value == '\n' ? "\\n" : c.value == '\r' ? "\\r" : "\\t";
    } else if (is_printable(c.value)) {
      escaped += text.substr(i, c.num_bytes);
    } else {
      const auto code = static_cast<uint32_t>(c.value);
      escaped += code < 0x100     ? fmt::format("\\x{:02x}", code)
                 : code < 0x10000 ? fmt::format("\\u{:04x}", code)
                                  : fmt::format("\\U{:08x}", code);
    }
    i += c.num_bytes;
  }
  return escaped;
}

std::string escape_for_json(std::string_view text, bool ascii_only) {
  std::string escaped;
  for (size_t i = 0; i < text.size();) {
    const DecodedCodePoint c = decode_utf8(text, i);
    constexpr std::string_view kLetters = "\"\\\n\r\t\f\b";
    constexpr std::string_view kEscapes = "\"\\nrtfb";
    const size_t known =
        c.value < 0x80 ? kLetters.find(static_cast<char>(c.value)) : std::string::npos;
    const auto code = static_cast<uint32_t>(c.value);
    if (known != std::string_view::npos) {
      escaped += '\\';
      escaped += kEscapes[known];
    } else if (code < 0x20 || (ascii_only && code >= 0x7F && code < 0x10000)) {
      escaped += fmt::format("\\u{:04x}", code);
    } else if (ascii_only && code >= 0x10000) {
      escaped += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((code - 0x10000) >> 10),
                             0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      escaped += text.substr(i, c.num_bytes);
    }
    i += c.num_bytes;
  }
  return escaped;
}

// Numbers, booleans and nothing; "" for others.
std::string scalar_text(const Value& value, bool python) {
  if (value.is_none()) return python ? "None" : "null";
  if (const bool* flag = value.get<bool>()) {
    return python ? (*flag ? "True" : "False") : (*flag ? "true" : "false");
  }
  if (const int64_t* number = value.get<int64_t>()) return fmt::format("{}", *number);
  if (const double* number = value.get<double>()) return format_float(*number);
  return "";
}

Status put_repr(Printer& printer, const Value& value);

Status put_list(Printer& printer, const List& list) {
  const bool python = printer.runtime().is_python();
  const bool tuple = python && list.kind == ListKind::kTuple;
  GANGLION_TRY(printer.put(tuple ? "(" : "["));
  for (size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) GANGLION_TRY(printer.put(", "));
    GANGLION_TRY(put_repr(printer, list.items[i]));
  }
  return printer.put(!tuple ? "]" : list.items.size() == 1 ? ",)" : ")");
}

Status put_dict(Printer& printer, const Dict& dict) {
  GANGLION_TRY(printer.put("{"));
  for (size_t i = 0; i < dict.members().size(); ++i) {
    if (i > 0) GANGLION_TRY(printer.put(", "));
    GANGLION_TRY(put_repr(printer, dict.members()[i].first));
    GANGLION_TRY(printer.put(": "));
    GANGLION_TRY(put_repr(printer, dict.members()[i].second));
  }
  return printer.put("}");
}

// Within a list or dict.
Status put_repr(Printer& printer, const Value& value) {
  const bool python = printer.runtime().is_python();
  if (const MarkedText* text = value.text()) {
    const bool has_single = text->text().find('\'') != std::string::npos;
    const bool has_double = text->text().find('"') != std::string::npos;
    const char quote = !python || (has_single && !has_double) ? '"' : '\'';
    GANGLION_TRY(printer.put(std::string_view(&quote, 1)));
    GANGLION_TRY(printer.put_escaped(*text, [&](std::string_view part) {
      return python ? escape_for_repr(part, quote) : escape_for_json(part, false);
    }));
    return printer.put(std::string_view(&quote, 1));
  }
  if (const List* list = value.list()) {
    if (list->kind == ListKind::kGenerator) return printer.put("<generator>");
    return put_list(printer, *list);
  }
  if (const Dict* dict = value.dict()) return put_dict(printer, *dict);
  if (value.is_undefined()) return printer.put(python ? "Undefined" : "undefined");
  const std::string scalar = scalar_text(value, python);
  return printer.put(scalar.empty() ? fmt::format("<{}>", type_name(value)) : scalar);
}

class JsonPrinter {
 public:
  JsonPrinter(Printer& printer, const JsonStyle& style) : printer_(printer), style_(style) {}

  Status put(const Value& value, size_t level) {
    if (const MarkedText* text = value.text()) return put_text(*text);
    if (const List* list = value.list(); list != nullptr && list->kind != ListKind::kGenerator) {
      return put_list(*list, level);
    }
    if (const Dict* dict = value.dict()) return put_dict(*dict, level);
    if (value.is_undefined() && !printer_.runtime().is_python()) return printer_.put("null");
    if (const double* number = value.get<double>(); number != nullptr && !std::isfinite(*number)) {
      return printer_.put(std::isnan(*number) ? "NaN" : *number > 0 ? "Infinity" : "-Infinity");
    }
    const std::string scalar = scalar_text(value, false);
    if (scalar.empty()) {
      return fail(ErrorCode::kInvalidArgument, "a value of type {} cannot be written as JSON{}",
                  type_name(value), value.is_undefined() ? reason_of(value) : "");
    }
    return printer_.put(scalar);
  }

 private:
  static std::string reason_of(const Value& value) {
    const auto& reason = value.get<Undefined>()->reason;
    return reason == nullptr ? "" : fmt::format(": {}", *reason);
  }

  Status put_text(const MarkedText& text) {
    GANGLION_TRY(printer_.put("\""));
    GANGLION_TRY(printer_.put_escaped(
        text, [this](std::string_view part) { return escape_for_json(part, style_.ascii_only); }));
    return printer_.put("\"");
  }

  Status put_newline(size_t level) {
    if (!style_.indent) return {};
    GANGLION_TRY(printer_.put("\n"));
    for (size_t i = 0; i < level; ++i) GANGLION_TRY(printer_.put(*style_.indent));
    return {};
  }

  Status put_list(const List& list, size_t level) {
    if (list.items.empty()) return printer_.put("[]");
    GANGLION_TRY(printer_.put("["));
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) GANGLION_TRY(printer_.put(style_.item_separator));
      GANGLION_TRY(put_newline(level + 1));
      GANGLION_TRY(put(list.items[i], level + 1));
    }
    GANGLION_TRY(put_newline(level));
    return printer_.put("]");
  }

  Status put_key(const Value& key) {
    if (const MarkedText* text = key.text()) return put_text(*text);
    return printer_.put(fmt::format("\"{}\"", scalar_text(key, false)));
  }

  Status put_dict(const Dict& dict, size_t level) {
    if (dict.members().empty()) return printer_.put("{}");
    std::vector<const Dict::Member*> members;
    for (const Dict::Member& member : dict.members()) members.push_back(&member);
    if (style_.sorts_keys) {
      GANGLION_TRY(printer_.runtime().charge_steps(members.size() * 8));
      std::stable_sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
        return key_text(a->first) < key_text(b->first);
      });
    }
    GANGLION_TRY(printer_.put("{"));
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) GANGLION_TRY(printer_.put(style_.item_separator));
      GANGLION_TRY(put_newline(level + 1));
      GANGLION_TRY(put_key(members[i]->first));
      GANGLION_TRY(printer_.put(style_.key_separator));
      GANGLION_TRY(put(members[i]->second, level + 1));
    }
    GANGLION_TRY(put_newline(level));
    return printer_.put("}");
  }

  Printer& printer_;
  const JsonStyle& style_;
};

}  // namespace

Status append_printed(Runtime& runtime, const Value& value, MarkedText& out) {
  Printer printer(runtime, out);
  if (const MarkedText* text = value.text()) return printer.put(*text);
  if (value.is_undefined() || (value.is_none() && !runtime.is_python())) return {};
  return put_repr(printer, value);
}

Result<MarkedText> printed(Runtime& runtime, const Value& value) {
  MarkedText out;
  GANGLION_TRY(append_printed(runtime, value, out));
  return out;
}

Status append_json(Runtime& runtime, const Value& value, const JsonStyle& style, MarkedText& out) {
  Printer printer(runtime, out);
  return JsonPrinter(printer, style).put(value, 0);
}

std::string format_float(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".eni") == std::string::npos) text += ".0";
  return text;
}

}  // namespace ganglion::jinja

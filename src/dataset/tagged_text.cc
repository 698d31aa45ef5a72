#include "dataset/tagged_text.h"

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "text/json.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kMaxTypeBytes = 64;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

template <typename... Args>
Error at_line(std::string_view source_name, size_t line, fmt::format_string<Args...> format,
              Args&&... args) {
  return fail(ErrorCode::kMalformed, "{}:{}: {}", source_name, line,
              fmt::format(format, std::forward<Args>(args)...));
}

bool is_valid_type(std::string_view type) {
  return !type.empty() && type.size() <= kMaxTypeBytes &&
         std::none_of(type.begin(), type.end(), [](char c) {
           return c == '|' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

// Calls `visit(line, number)` with each line, without its end. Stops at the first error.
template <typename Visit>
Status for_each_line(std::string_view bytes, std::string_view source_name, Visit visit) {
  size_t number = 0;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view line = bytes.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number;
    if (const size_t bad = find_invalid_utf8(line); bad != std::string_view::npos) {
      return at_line(source_name, number,
                     "invalid UTF-8 at byte {} of the line; save the file as UTF-8", bad);
    }
    GANGLION_TRY(visit(line, number));
    begin = end + 1;
  }
  return {};
}

// Builds one sentence from its words and tags.
class ConllSentence {
 public:
  // False when the tag is not O, B-type or I-type.
  bool add(std::string_view word, std::string_view tag) {
    const bool outside = tag == "O";
    if (!outside && !(tag.starts_with("B-") || tag.starts_with("I-"))) return false;
    const std::string_view type = outside ? std::string_view() : tag.substr(2);
    if (!outside && !is_valid_type(type)) return false;
    if (!sentence_.text.empty()) sentence_.text += ' ';
    const size_t begin = sentence_.text.size();
    sentence_.text += word;
    const bool continues = tag[0] == 'I' && open_type_ == type;
    if (continues) {
      sentence_.spans.back().end = sentence_.text.size();
    } else if (!outside) {
      sentence_.spans.push_back({begin, sentence_.text.size(), std::string(type)});
    }
    open_type_ = outside ? std::nullopt : std::optional<std::string>(type);
    return true;
  }

  void finish(std::vector<TaggedText>& out) {
    if (!sentence_.text.empty()) out.push_back(std::move(sentence_));
    sentence_ = {};
    open_type_.reset();
  }

 private:
  TaggedText sentence_;
  std::optional<std::string> open_type_;
};

// `index` counts the spans of the object, for the message.
Result<LabelledSpan> parse_span(const json::value& value, size_t index,
                                const CodePointIndex& positions) {
  const auto wrong = [index](std::string_view what) {
    return fail(ErrorCode::kMalformed, "spans[{}]: {}", index, what);
  };
  if (!value.is_object()) return wrong("expected an object with start, end and type");
  const json::object& object = value.get_object();
  const auto start = json_integer(object, "start");
  if (!start.ok()) return wrong(start.error().message);
  const auto end = json_integer(object, "end");
  if (!end.ok()) return wrong(end.error().message);
  const auto type = json_string(object, "type");
  if (!type.ok()) return wrong(type.error().message);
  if (!is_valid_type(*type)) {
    return wrong(fmt::format("expected a type of 1 to {} bytes without '|' or control characters",
                             kMaxTypeBytes));
  }
  if (*start < 0 || *end <= *start || static_cast<uint64_t>(*end) > positions.size()) {
    return wrong(
        fmt::format("expected 0 <= start < end <= {} (the text's code points), found {} "
                    "to {}",
                    positions.size(), *start, *end));
  }
  return LabelledSpan{positions.byte_at(static_cast<size_t>(*start)),
                      positions.byte_at(static_cast<size_t>(*end)), std::string(*type)};
}

Status parse_context(const json::object& object, std::vector<std::string>& context) {
  const json::value* value = object.if_contains("context");
  if (value == nullptr || value->is_null()) return {};
  GANGLION_ASSIGN(const json::array* items, json_array(object, "context"));
  for (const json::value& item : *items) {
    if (!item.is_string()) return fail(ErrorCode::kMalformed, "context: expected strings only");
    context.emplace_back(item.get_string());
  }
  return {};
}

Result<TaggedText> parse_span_object(const json::object& object) {
  TaggedText out;
  GANGLION_ASSIGN(out.text, json_string(object, "text"));
  GANGLION_ASSIGN(const json::array* spans, json_array(object, "spans"));
  const CodePointIndex positions(out.text);
  for (size_t i = 0; i < spans->size(); ++i) {
    GANGLION_ASSIGN(LabelledSpan span, parse_span((*spans)[i], i, positions));
    out.spans.push_back(std::move(span));
  }
  GANGLION_TRY(parse_context(object, out.context));
  return out;
}

Result<std::vector<TaggedText>> at_least_one(std::vector<TaggedText> texts,
                                             std::string_view source_name) {
  if (!texts.empty()) return texts;
  return fail(ErrorCode::kInvalidArgument, "{}: expected at least one sentence, found none",
              source_name);
}

}  // namespace

Result<std::vector<TaggedText>> parse_conll(std::string_view bytes, std::string_view source_name) {
  std::vector<TaggedText> texts;
  ConllSentence sentence;
  GANGLION_TRY(
      for_each_line(bytes, source_name, [&](std::string_view line, size_t number) -> Status {
        if (line.find_first_not_of(" \t") == std::string_view::npos) {
          sentence.finish(texts);
          return {};
        }
        const size_t tab = line.find('\t');
        const size_t split = tab != std::string_view::npos ? tab : line.rfind(' ');
        if (split == std::string_view::npos || split == 0) {
          return at_line(source_name, number, "expected a word, a tab and a tag, found \"{}\"",
                         line);
        }
        const std::string_view tag = line.substr(split + 1);
        if (!sentence.add(line.substr(0, split), tag)) {
          return at_line(source_name, number, "expected the tag O, B-type or I-type, found \"{}\"",
                         tag);
        }
        return {};
      }));
  sentence.finish(texts);
  return at_least_one(std::move(texts), source_name);
}

Result<std::vector<TaggedText>> parse_span_jsonl(std::string_view bytes,
                                                 std::string_view source_name) {
  std::vector<TaggedText> texts;
  GANGLION_TRY(
      for_each_line(bytes, source_name, [&](std::string_view line, size_t number) -> Status {
        if (line.find_first_not_of(" \t") == std::string_view::npos) return {};
        const std::string place = fmt::format("{}:{}", source_name, number);
        GANGLION_ASSIGN(const json::value value, parse_json(line, place));
        if (!value.is_object()) {
          return at_line(source_name, number,
                         "expected a JSON object with text and spans, found {}",
                         json_kind_name(value.kind()));
        }
        auto text = parse_span_object(value.get_object());
        if (!text.ok()) return at_place(place, text.error());
        texts.push_back(std::move(text).value());
        return {};
      }));
  return at_least_one(std::move(texts), source_name);
}

Result<std::vector<TaggedText>> load_tagged_texts(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const std::string bytes, read_file(path, kMaxFileBytes));
  if (path.extension() == ".jsonl") return parse_span_jsonl(bytes, path.string());
  return parse_conll(bytes, path.string());
}

}  // namespace ganglion

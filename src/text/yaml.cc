#include "text/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "text/edit_distance.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr int kMaxDepth = 32;

std::string place(std::string_view source_name, const YAML::Mark& mark) {
  return fmt::format("{}:{}:{}", source_name, mark.line + 1, mark.column + 1);
}

std::string_view kind_of(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a mapping";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "a value";
    default:
      return "nothing";
  }
}

std::string found(const YAML::Node& node) {
  return node.IsScalar() ? fmt::format("\"{}\"", node.Scalar()) : std::string(kind_of(node));
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) {
    if (!list.empty()) list += ", ";
    list += word;
  }
  return list;
}

// Stops at the first anchor or alias, before anything is unfolded.
class AliasFinder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override { ++documents; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (alias.is_null()) alias = mark;
  }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnMapEnd() override { --depth_; }

  int documents = 0;
  YAML::Mark alias = YAML::Mark::null_mark();
  YAML::Mark too_deep = YAML::Mark::null_mark();

 private:
  void enter(const YAML::Mark& mark) {
    if (++depth_ > kMaxDepth && too_deep.is_null()) too_deep = mark;
  }
  int depth_ = 0;
};

// yaml-cpp would put replacement characters in their place.
Status check_utf8(std::string_view text, std::string_view source_name) {
  const size_t invalid = find_invalid_utf8(text);
  if (invalid == std::string_view::npos) return {};
  const std::string_view before = text.substr(0, invalid);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fail(ErrorCode::kMalformed, "{}:{}:{}: not valid UTF-8; save the file as UTF-8",
              source_name, line, invalid - line_start + 1);
}

Status check_structure(const std::string& text, std::string_view source_name) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  AliasFinder finder;
  // At most two: on stray punctuation the parser reports documents without end.
  while (finder.documents < 2 && parser.HandleNextDocument(finder)) {
  }
  if (!finder.alias.is_null()) {
    return fail(ErrorCode::kMalformed, "{}: aliases (*name) are not allowed; write the value again",
                place(source_name, finder.alias));
  }
  if (!finder.too_deep.is_null()) {
    return fail(ErrorCode::kMalformed, "{}: nested more than {} deep",
                place(source_name, finder.too_deep), kMaxDepth);
  }
  if (finder.documents > 1) {
    return fail(ErrorCode::kMalformed,
                "{}: expected one document, found more; remove \"---\" and stray punctuation",
                source_name);
  }
  return {};
}

Status check_keys(const YAML::Node& node, std::string_view source_name) {
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!node.IsMap()) {
      GANGLION_TRY(check_keys(entry, source_name));
      continue;
    }
    if (!entry.first.IsScalar()) {
      return fail(ErrorCode::kMalformed, "{}: expected a word as the key, found {}",
                  place(source_name, entry.first.Mark()), kind_of(entry.first));
    }
    if (!seen.insert(entry.first.Scalar()).second) {
      return fail(ErrorCode::kMalformed, "{}: the key \"{}\" is given twice; remove one",
                  place(source_name, entry.first.Mark()), entry.first.Scalar());
    }
    GANGLION_TRY(check_keys(entry.second, source_name));
  }
  return {};
}

std::string range_text(double low, double high, bool open) {
  return open ? fmt::format("a number between {} and {}, both excluded", low, high)
              : fmt::format("a number from {} to {}", low, high);
}

template <typename T>
bool parse_whole(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

}  // namespace

struct YamlMap::File {
  std::string source_name;
};

YamlMap::YamlMap(std::shared_ptr<const File> file, std::shared_ptr<const YAML::Node> node,
                 std::string path)
    : file_(std::move(file)), node_(std::move(node)), path_(std::move(path)) {}

Result<YamlMap> YamlMap::parse(std::string_view text, std::string_view source_name) {
  if (text.size() > kMaxBytes) {
    return fail(ErrorCode::kLimit, "{}: {} bytes, more than the {} allowed", source_name,
                text.size(), kMaxBytes);
  }
  GANGLION_TRY(check_utf8(text, source_name));
  const std::string copy(text);
  try {  // yaml-cpp reports by exceptions; they end here
    GANGLION_TRY(check_structure(copy, source_name));
    const YAML::Node root = YAML::Load(copy);
    if (!root.IsMap()) {
      return fail(ErrorCode::kMalformed, "{}:1:1: expected a mapping (key: value), found {}",
                  source_name, kind_of(root));
    }
    GANGLION_TRY(check_keys(root, source_name));
    auto file = std::make_shared<const File>(File{std::string(source_name)});
    return YamlMap(std::move(file), std::make_shared<const YAML::Node>(root), "");
  } catch (const YAML::Exception& exception) {
    return fail(ErrorCode::kMalformed, "{}: not valid YAML: {}", place(source_name, exception.mark),
                exception.msg);
  }
}

std::string YamlMap::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

Error YamlMap::error(const YAML::Node& node, std::string_view path,
                     std::string_view problem) const {
  return fail(ErrorCode::kMalformed, "{}: {}: {}", place(file_->source_name, node.Mark()), path,
              problem);
}

Error YamlMap::error_at(std::string_view key, std::string_view problem) const {
  const YAML::Node member = (*node_)[std::string(key)];
  return error(member ? member : *node_, path_of(key), problem);
}

Status YamlMap::allow_only(std::initializer_list<std::string_view> known) const {
  const std::vector<std::string> words(known.begin(), known.end());
  for (const auto& entry : *node_) {
    const std::string& key = entry.first.Scalar();
    if (std::find(words.begin(), words.end(), key) != words.end()) continue;
    const auto nearest = nearest_word(key, words);
    const std::string hint = nearest ? fmt::format("did you mean \"{}\"?", *nearest)
                                     : fmt::format("expected one of: {}", quoted_list(words));
    return error(entry.first, path_of(key), fmt::format("unknown key; {}", hint));
  }
  return {};
}

bool YamlMap::has(std::string_view key) const {
  return static_cast<bool>((*node_)[std::string(key)]);
}

std::vector<std::string> YamlMap::keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : *node_) keys.push_back(entry.first.Scalar());
  return keys;
}

Result<YAML::Node> YamlMap::scalar(std::string_view key, std::string_view expected) const {
  const YAML::Node member = (*node_)[std::string(key)];
  if (!member) {
    return error(*node_, path_of(key), fmt::format("missing; expected {}", expected));
  }
  if (!member.IsScalar() || member.Scalar().empty()) {
    return error(member, path_of(key),
                 fmt::format("expected {}, found {}", expected,
                             member.IsScalar() ? "an empty string" : found(member)));
  }
  return member;
}

Result<std::string> YamlMap::string(std::string_view key) const {
  GANGLION_ASSIGN(const YAML::Node member, scalar(key, "a string"));
  return member.Scalar();
}

Result<bool> YamlMap::boolean(std::string_view key) const {
  GANGLION_ASSIGN(const YAML::Node member, scalar(key, "true or false"));
  if (member.Scalar() == "true") return true;
  if (member.Scalar() == "false") return false;
  return error(member, path_of(key), "expected true or false, found " + found(member));
}

Result<double> YamlMap::number(std::string_view key, double low, double high, bool open) const {
  const std::string expected = range_text(low, high, open);
  GANGLION_ASSIGN(const YAML::Node member, scalar(key, expected));
  double value = 0.0;
  const bool parsed = parse_whole(member.Scalar(), value);
  const bool inside = open ? low < value && value < high : low <= value && value <= high;
  if (!parsed || !inside) {
    const bool percent = member.Scalar().back() == '%';
    return error(member, path_of(key),
                 fmt::format("expected {}, found {}{}", expected, found(member),
                             percent ? "; write 2 % as 0.02" : ""));
  }
  return value;
}

Result<int64_t> YamlMap::integer(std::string_view key, int64_t low, int64_t high) const {
  const std::string expected = fmt::format("a whole number from {} to {}", low, high);
  GANGLION_ASSIGN(const YAML::Node member, scalar(key, expected));
  int64_t value = 0;
  if (!parse_whole(member.Scalar(), value) || value < low || value > high) {
    return error(member, path_of(key),
                 fmt::format("expected {}, found {}", expected, found(member)));
  }
  return value;
}

Result<std::string> YamlMap::one_of(std::string_view key,
                                    std::initializer_list<std::string_view> choices) const {
  const std::vector<std::string> words(choices.begin(), choices.end());
  const std::string expected = "one of: " + quoted_list(words);
  GANGLION_ASSIGN(const YAML::Node member, scalar(key, expected));
  if (std::find(words.begin(), words.end(), member.Scalar()) == words.end()) {
    const auto nearest = nearest_word(member.Scalar(), words);
    return error(member, path_of(key),
                 fmt::format("expected {}, found {}{}", expected, found(member),
                             nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : ""));
  }
  return member.Scalar();
}

Result<std::vector<std::string>> YamlMap::strings(std::string_view key) const {
  constexpr std::string_view kExpected = "a list of strings";
  const YAML::Node member = (*node_)[std::string(key)];
  if (!member || member.IsScalar()) {
    GANGLION_ASSIGN(const YAML::Node single, scalar(key, kExpected));
    return std::vector<std::string>{single.Scalar()};
  }
  if (!member.IsSequence()) {
    return error(member, path_of(key),
                 fmt::format("expected {}, found {}", kExpected, found(member)));
  }
  std::vector<std::string> values;
  for (const YAML::Node& entry : member) {
    if (!entry.IsScalar() || entry.Scalar().empty()) {
      return error(entry, path_of(key),
                   fmt::format("expected a string in the list, found {}", found(entry)));
    }
    values.push_back(entry.Scalar());
  }
  return values;
}

Result<YamlMap> YamlMap::map(std::string_view key) const {
  const YAML::Node member = (*node_)[std::string(key)];
  if (!member) return error(*node_, path_of(key), "missing; expected a mapping");
  if (!member.IsMap()) {
    return error(member, path_of(key), "expected a mapping (key: value), found " + found(member));
  }
  return YamlMap(file_, std::make_shared<const YAML::Node>(member), path_of(key));
}

Result<std::string> YamlMap::string_or(std::string_view key, std::string_view otherwise) const {
  return has(key) ? string(key) : Result<std::string>(std::string(otherwise));
}

Result<bool> YamlMap::boolean_or(std::string_view key, bool otherwise) const {
  return has(key) ? boolean(key) : Result<bool>(otherwise);
}

Result<double> YamlMap::number_or(std::string_view key, double low, double high,
                                  double otherwise) const {
  return has(key) ? number(key, low, high) : Result<double>(otherwise);
}

Result<int64_t> YamlMap::integer_or(std::string_view key, int64_t low, int64_t high,
                                    int64_t otherwise) const {
  return has(key) ? integer(key, low, high) : Result<int64_t>(otherwise);
}

Result<std::string> YamlMap::one_of_or(std::string_view key,
                                       std::initializer_list<std::string_view> choices,
                                       std::string_view otherwise) const {
  return has(key) ? one_of(key, choices) : Result<std::string>(std::string(otherwise));
}

}  // namespace ganglion

#include "skills/extract_schema.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kMaxFields = 256;
constexpr size_t kMaxDepth = 8;

constexpr std::array<std::string_view, 10> kAnnotations = {
    "$schema",  "$id",     "$comment",   "title",    "description",
    "examples", "default", "deprecated", "readOnly", "writeOnly"};

// "email" and the other formats of JSON Schema that a detector knows; the rest are the detector's
// own names in lower case with '-'.
std::optional<PiiType> detector_of_format(std::string_view format) {
  if (format == "uri") return PiiType::kUrl;
  if (format == "ipv4" || format == "ipv6") return PiiType::kIpAddress;
  if (format == "date") return std::nullopt;
  std::string name(format);
  for (char& c : name) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  const auto type = pii_type_from_name(name);
  if (!type) return std::nullopt;
  const bool plain = *type == PiiType::kEmail || *type == PiiType::kPhone ||
                     *type == PiiType::kMacAddress || *type == PiiType::kIban;
  return plain || has_checksum(*type) ? type : std::nullopt;
}

std::optional<ChecksumKind> checksum_from_name(std::string_view name) {
  if (name == "luhn") return ChecksumKind::kLuhn;
  if (name == "mod97") return ChecksumKind::kMod97;
  if (name == "verhoeff") return ChecksumKind::kVerhoeff;
  if (name == "mod11-10") return ChecksumKind::kMod11_10;
  return std::nullopt;
}

std::string escape_pointer(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

// Reads one object of the schema. `place` is its JSON pointer in the schema.
class NodeReader {
 public:
  NodeReader(const json::object& object, std::string place, std::string_view source_name)
      : object_(object), place_(std::move(place)), source_name_(source_name) {
    seen_.assign(kAnnotations.begin(), kAnnotations.end());
  }

  const std::string& place() const { return place_; }

  template <typename... Args>
  Error error(ErrorCode code, std::string_view keyword, fmt::format_string<Args...> format,
              Args&&... args) const {
    return fail(code, "{}: {}{}{}: {}", source_name_, place_.empty() ? "#" : "#" + place_,
                keyword.empty() ? "" : "/", keyword,
                fmt::format(format, std::forward<Args>(args)...));
  }

  // The member, now known; null when absent.
  const json::value* take(std::string_view keyword) {
    seen_.push_back(keyword);
    return object_.if_contains(keyword);
  }

  Result<std::optional<std::string>> take_string(std::string_view keyword) {
    const json::value* value = take(keyword);
    if (value == nullptr) return std::optional<std::string>();
    if (!value->is_string()) return wrong_type(keyword, "a string", *value);
    return std::optional<std::string>(value->get_string());
  }

  Result<std::optional<double>> take_number(std::string_view keyword) {
    const json::value* value = take(keyword);
    if (value == nullptr) return std::optional<double>();
    if (!value->is_number()) return wrong_type(keyword, "a number", *value);
    return std::optional<double>(value->to_number<double>());
  }

  Result<std::optional<uint64_t>> take_count(std::string_view keyword) {
    const json::value* value = take(keyword);
    if (value == nullptr) return std::optional<uint64_t>();
    boost::system::error_code inexact;
    const auto count = value->is_number() ? value->to_number<uint64_t>(inexact) : 0;
    if (!value->is_number() || inexact) {
      return wrong_type(keyword, "a whole number from 0", *value);
    }
    return std::optional<uint64_t>(count);
  }

  Result<bool> take_bool(std::string_view keyword, bool fallback) {
    const json::value* value = take(keyword);
    if (value == nullptr) return fallback;
    if (!value->is_bool()) return wrong_type(keyword, "true or false", *value);
    return value->get_bool();
  }

  // A list of strings that hold more than white space; empty when absent.
  Result<std::vector<std::string>> take_strings(std::string_view keyword) {
    std::vector<std::string> out;
    const json::value* value = take(keyword);
    if (value == nullptr) return out;
    if (!value->is_array()) return wrong_type(keyword, "an array of strings", *value);
    for (const json::value& item : value->get_array()) {
      if (!item.is_string()) return wrong_type(keyword, "strings only", item);
      if (std::string_view(item.get_string()).find_first_not_of(" \t\r\n") ==
          std::string_view::npos) {
        return error(ErrorCode::kMalformed, keyword, "expected no empty strings");
      }
      out.emplace_back(item.get_string());
    }
    return out;
  }

  Error wrong_type(std::string_view keyword, std::string_view expected,
                   const json::value& found) const {
    return error(ErrorCode::kMalformed, keyword, "expected {}, found {}", expected,
                 json_kind_name(found.kind()));
  }

  // Every keyword that nobody took is refused, so that no rule is silently ignored.
  Status check_all_taken() const {
    for (const auto& member : object_) {
      const std::string_view key = member.key();
      if (std::find(seen_.begin(), seen_.end(), key) != seen_.end()) continue;
      return error(ErrorCode::kUnsupported, key,
                   "this keyword is not supported here; remove it or check it afterwards");
    }
    return {};
  }

 private:
  const json::object& object_;
  std::string place_;
  std::string_view source_name_;
  std::vector<std::string_view> seen_;
};

class SchemaParser {
 public:
  SchemaParser(std::string_view source_name, const std::vector<std::string>& tagger_types)
      : source_name_(source_name), tagger_types_(tagger_types) {}

  Result<FieldSpec> parse(const json::value& schema, FieldSpec field, std::string place,
                          size_t depth) {
    if (!schema.is_object()) {
      return fail(ErrorCode::kMalformed, "{}: #{}: expected an object, found {}", source_name_,
                  place, json_kind_name(schema.kind()));
    }
    NodeReader node(schema.get_object(), std::move(place), source_name_);
    if (++num_fields_ > kMaxFields || depth > kMaxDepth) {
      return node.error(ErrorCode::kLimit, "", "expected at most {} fields in {} levels",
                        kMaxFields, kMaxDepth);
    }
    GANGLION_ASSIGN(const std::string type, read_type(node, field));
    GANGLION_TRY(read_cues(node, field));
    GANGLION_TRY(parse_type(node, field, type, depth));
    GANGLION_TRY(node.check_all_taken());
    return field;
  }

 private:
  // The keywords that belong to `type`.
  Status parse_type(NodeReader& node, FieldSpec& field, std::string_view type, size_t depth) {
    if (type == "object") return parse_object(node, field, depth);
    if (type == "array") return parse_array(node, field, depth);
    if (type == "string") return parse_string(node, field);
    if (type == "boolean") return parse_boolean(node, field);
    if (type == "number" || type == "integer") {
      field.kind = type == "number" ? FieldKind::kNumber : FieldKind::kInteger;
      return parse_number(node, field);
    }
    return node.error(ErrorCode::kUnsupported, "type",
                      "expected object, array, string, number, integer or boolean, found \"{}\"",
                      type);
  }

  // "string", or ["string", "null"], which makes the field nullable.
  Result<std::string> read_type(NodeReader& node, FieldSpec& field) {
    const json::value* type = node.take("type");
    if (type == nullptr) {
      return node.error(ErrorCode::kMalformed, "type", "expected a type, but it is absent");
    }
    if (type->is_string()) return std::string(type->get_string());
    std::string found;
    if (!type->is_array()) return node.wrong_type("type", "a string or an array", *type);
    for (const json::value& item : type->get_array()) {
      if (!item.is_string()) return node.wrong_type("type", "strings only", item);
      if (item.get_string() == "null") {
        field.nullable = true;
      } else if (found.empty()) {
        found = item.get_string();
      } else {
        return node.error(ErrorCode::kUnsupported, "type", "expected one type besides null");
      }
    }
    return found;
  }

  static Status read_cues(NodeReader& node, FieldSpec& field) {
    GANGLION_ASSIGN(const auto cues, node.take_strings("x-cue"));
    if (cues.empty()) return {};
    std::vector<FieldPhrase> phrases;
    phrases.reserve(cues.size());
    for (const std::string& cue : cues) phrases.push_back({cue, nullptr});
    field.cues = PhraseFinder(std::move(phrases));
    return {};
  }

  Status parse_object(NodeReader& node, FieldSpec& field, size_t depth) {
    GANGLION_ASSIGN(const auto format, node.take_string("format"));
    const json::value* properties = node.take("properties");
    GANGLION_ASSIGN(const auto required, node.take_strings("required"));
    GANGLION_ASSIGN(const bool others, node.take_bool("additionalProperties", true));
    (void)others;  // we never add any
    if (format && *format != "amount") {
      return node.error(ErrorCode::kUnsupported, "format",
                        "expected \"amount\" for an object, found \"{}\"", *format);
    }
    if (properties == nullptr || !properties->is_object() || properties->get_object().empty()) {
      if (format && properties == nullptr) return parse_plain_amount(node, field);
      return node.error(ErrorCode::kMalformed, "properties", "expected an object of fields");
    }
    const json::object& members = properties->get_object();
    for (const std::string& name : required) {
      if (!members.contains(name)) {
        return node.error(ErrorCode::kMalformed, "required", "\"{}\" is not among the properties",
                          name);
      }
    }
    const bool is_amount = members.size() == 2 && members.contains("value") &&
                           members.contains("currency") && !field.name.empty();
    if (format || is_amount) return parse_amount(node, field, members);
    field.kind = FieldKind::kObject;
    for (const auto& member : members) {
      FieldSpec child;
      child.name = member.key();
      child.pointer = field.pointer + "/" + escape_pointer(child.name);
      child.required = std::find(required.begin(), required.end(), child.name) != required.end();
      const std::string place = node.place() + "/properties/" + escape_pointer(child.name);
      GANGLION_ASSIGN(child, parse(member.value(), std::move(child), place, depth + 1));
      field.children.push_back(std::move(child));
    }
    return {};
  }

  Status parse_plain_amount(NodeReader& node, FieldSpec& field) {
    field.kind = FieldKind::kAmount;
    return read_finding(node, field);
  }

  // {"value": number, "currency": string}.
  Status parse_amount(NodeReader& node, FieldSpec& field, const json::object& members) {
    field.kind = FieldKind::kAmount;
    const auto* value = members.if_contains("value");
    const auto* currency = members.if_contains("currency");
    if (members.size() != 2 || value == nullptr || currency == nullptr || !value->is_object() ||
        !currency->is_object()) {
      return node.error(ErrorCode::kUnsupported, "properties",
                        "an amount has exactly the properties value and currency");
    }
    NodeReader value_node(value->get_object(), node.place() + "/properties/value", source_name_);
    FieldSpec number;
    GANGLION_ASSIGN(const std::string type, read_type(value_node, number));
    if (type != "number") {
      return value_node.error(ErrorCode::kUnsupported, "type", "expected number, found \"{}\"",
                              type);
    }
    GANGLION_TRY(read_limits(value_node, field));
    GANGLION_TRY(value_node.check_all_taken());
    NodeReader currency_node(currency->get_object(), node.place() + "/properties/currency",
                             source_name_);
    GANGLION_ASSIGN(const std::string currency_type, read_type(currency_node, number));
    if (currency_type != "string") {
      return currency_node.error(ErrorCode::kUnsupported, "type", "expected string, found \"{}\"",
                                 currency_type);
    }
    GANGLION_ASSIGN(field.currencies, currency_node.take_strings("enum"));
    GANGLION_TRY(currency_node.check_all_taken());
    return read_finding(node, field);
  }

  Status parse_array(NodeReader& node, FieldSpec& field, size_t depth) {
    field.kind = FieldKind::kArray;
    GANGLION_ASSIGN(field.min_items, node.take_count("minItems"));
    GANGLION_ASSIGN(field.max_items, node.take_count("maxItems"));
    GANGLION_ASSIGN(field.unique_items, node.take_bool("uniqueItems", false));
    const json::value* items = node.take("items");
    if (items == nullptr) {
      return node.error(ErrorCode::kMalformed, "items", "expected the type of the items");
    }
    FieldSpec item;
    item.name = field.name;
    item.pointer = field.pointer;
    item.cues = field.cues;
    GANGLION_ASSIGN(item, parse(*items, std::move(item), node.place() + "/items", depth + 1));
    if (item.kind == FieldKind::kObject || item.kind == FieldKind::kArray) {
      return node.error(ErrorCode::kUnsupported, "items",
                        "expected items of a simple type or an amount");
    }
    if (item.cues.empty()) item.cues = field.cues;
    field.children.push_back(std::move(item));
    return {};
  }

  Status parse_string(NodeReader& node, FieldSpec& field) {
    GANGLION_ASSIGN(const auto pattern, node.take_string("pattern"));
    GANGLION_ASSIGN(const auto format, node.take_string("format"));
    GANGLION_ASSIGN(field.min_length, node.take_count("minLength"));
    GANGLION_ASSIGN(field.max_length, node.take_count("maxLength"));
    field.kind = FieldKind::kTagged;
    if (pattern) {
      auto regex = Regex::compile(*pattern);
      if (!regex.ok()) {
        return node.error(regex.error().code, "pattern", "{}", regex.error().message);
      }
      field.pattern = std::move(regex).value();
      field.kind = FieldKind::kPattern;
    }
    GANGLION_TRY(read_checksum(node, field));
    if (format) GANGLION_TRY(read_format(node, field, *format));
    GANGLION_TRY(read_enum(node, field));
    return read_finding(node, field);
  }

  Status read_checksum(NodeReader& node, FieldSpec& field) {
    GANGLION_ASSIGN(const auto checksum, node.take_string("x-checksum"));
    if (!checksum) return {};
    const auto kind = checksum_from_name(*checksum);
    if (!kind) {
      return node.error(ErrorCode::kUnsupported, "x-checksum",
                        "expected luhn, mod97, verhoeff or mod11-10, found \"{}\"", *checksum);
    }
    if (!field.pattern) {
      return node.error(ErrorCode::kMalformed, "x-checksum", "expected a pattern beside it");
    }
    field.checksum = *kind;
    return {};
  }

  Status read_format(NodeReader& node, FieldSpec& field, const std::string& format) {
    field.format = format;
    if (format == "date") {
      field.kind = FieldKind::kDate;
      GANGLION_ASSIGN(const auto order, node.take_string("x-date-order"));
      if (order && *order != "dmy" && *order != "mdy") {
        return node.error(ErrorCode::kUnsupported, "x-date-order",
                          "expected dmy or mdy, found \"{}\"", *order);
      }
      if (order) field.date_order = *order == "dmy" ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
      return {};
    }
    if (format == "uuid") {
      field.kind = FieldKind::kUuid;
      return {};
    }
    const auto detected = detector_of_format(format);
    if (!detected) {
      return node.error(ErrorCode::kUnsupported, "format",
                        "\"{}\" is not known; expected date, email, phone, iban, credit-card, uri, "
                        "ipv4, ipv6, mac-address, uuid, a national identifier such as "
                        "de-steuer-id, or (for an object) amount",
                        format);
    }
    field.kind = FieldKind::kDetected;
    field.detected = *detected;
    return {};
  }

  Status read_enum(NodeReader& node, FieldSpec& field) {
    GANGLION_ASSIGN(std::vector<std::string> values, node.take_strings("enum"));
    GANGLION_ASSIGN(const auto constant, node.take_string("const"));
    if (constant) values.assign(1, *constant);
    const json::value* synonyms = node.take("x-synonyms");
    if (values.empty()) {
      if (synonyms == nullptr) return {};
      return node.error(ErrorCode::kMalformed, "x-synonyms", "expected an enum beside it");
    }
    if (field.kind != FieldKind::kTagged) {
      return node.error(ErrorCode::kUnsupported, "enum", "not together with pattern or format");
    }
    field.kind = FieldKind::kEnum;
    std::vector<FieldPhrase> all;
    all.reserve(values.size());
    for (const std::string& value : values) all.push_back({value, json::value(value)});
    if (synonyms != nullptr) GANGLION_TRY(read_synonyms(node, *synonyms, values, all));
    field.phrases = PhraseFinder(std::move(all));
    return {};
  }

  Status read_synonyms(const NodeReader& node, const json::value& synonyms,
                       const std::vector<std::string>& values, std::vector<FieldPhrase>& all) {
    if (!synonyms.is_object()) return node.wrong_type("x-synonyms", "an object", synonyms);
    NodeReader lists(synonyms.get_object(), node.place() + "/x-synonyms", source_name_);
    for (const std::string& value : values) {
      GANGLION_ASSIGN(const auto phrases, lists.take_strings(value));
      for (const std::string& phrase : phrases) all.push_back({phrase, json::value(value)});
    }
    return lists.check_all_taken();
  }

  Status parse_boolean(NodeReader& node, FieldSpec& field) {
    field.kind = FieldKind::kBoolean;
    GANGLION_ASSIGN(const auto yes, node.take_strings("x-true"));
    GANGLION_ASSIGN(const auto no, node.take_strings("x-false"));
    std::vector<FieldPhrase> phrases;
    phrases.reserve(yes.size() + no.size());
    for (const std::string& phrase : yes) phrases.push_back({phrase, json::value(true)});
    for (const std::string& phrase : no) phrases.push_back({phrase, json::value(false)});
    field.phrases = PhraseFinder(std::move(phrases));
    if (field.phrases.empty()) {
      return node.error(ErrorCode::kUnsupported, "",
                        "a boolean needs x-true or x-false: the phrases that mean it");
    }
    return {};
  }

  Status parse_number(NodeReader& node, FieldSpec& field) {
    GANGLION_TRY(read_limits(node, field));
    return read_finding(node, field);
  }

  static Status read_limits(NodeReader& node, FieldSpec& field) {
    GANGLION_ASSIGN(field.minimum, node.take_number("minimum"));
    GANGLION_ASSIGN(field.maximum, node.take_number("maximum"));
    GANGLION_ASSIGN(field.multiple_of, node.take_number("multipleOf"));
    GANGLION_ASSIGN(const auto above, node.take_number("exclusiveMinimum"));
    GANGLION_ASSIGN(const auto below, node.take_number("exclusiveMaximum"));
    if (above && (!field.minimum || *above >= *field.minimum)) {
      field.minimum = above;
      field.exclusive_minimum = true;
    }
    if (below && (!field.maximum || *below <= *field.maximum)) {
      field.maximum = below;
      field.exclusive_maximum = true;
    }
    if (field.multiple_of && *field.multiple_of <= 0) {
      return node.error(ErrorCode::kMalformed, "multipleOf", "expected a number above 0");
    }
    return {};
  }

  bool tagger_has(std::string_view type) const {
    return std::find(tagger_types_.begin(), tagger_types_.end(), type) != tagger_types_.end();
  }

  // x-tag and x-min-score; a field that only a tagger can find must have a tag.
  Status read_finding(NodeReader& node, FieldSpec& field) {
    GANGLION_ASSIGN(const auto tag, node.take_string("x-tag"));
    GANGLION_ASSIGN(const auto min_score, node.take_number("x-min-score"));
    if (tag && !tagger_has(*tag)) {
      return node.error(ErrorCode::kUnsupported, "x-tag", "\"{}\" is not a type of the tagger ({})",
                        *tag, offered());
    }
    field.min_score = min_score.value_or(0);
    if (tag) {
      field.tag = *tag;
    } else if (field.kind == FieldKind::kTagged && tagger_has(field.name)) {
      field.tag = field.name;
    }
    if (field.kind == FieldKind::kTagged && field.tag.empty()) {
      return node.error(ErrorCode::kUnsupported, "",
                        "nothing can find \"{}\": give it a format, pattern or enum, or a tagger "
                        "with the type \"{}\" ({})",
                        field.name, field.name, offered());
    }
    return {};
  }

  std::string offered() const {
    return tagger_types_.empty() ? "no tagger was given"
                                 : fmt::format("it has {}", fmt::join(tagger_types_, ", "));
  }

  std::string_view source_name_;
  const std::vector<std::string>& tagger_types_;
  size_t num_fields_ = 0;
};

}  // namespace

Result<FieldSpec> parse_extract_schema(const json::value& schema, std::string_view source_name,
                                       const std::vector<std::string>& tagger_types) {
  GANGLION_ASSIGN(FieldSpec root,
                  SchemaParser(source_name, tagger_types).parse(schema, FieldSpec{}, "", 0));
  if (root.kind != FieldKind::kObject) {
    return fail(ErrorCode::kUnsupported, "{}: #/type: expected object at the root", source_name);
  }
  return root;
}

}  // namespace ganglion

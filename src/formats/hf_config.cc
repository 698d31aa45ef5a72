#include "formats/hf_config.h"

#include "base/file.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{64} << 20;

}  // namespace

Result<HfConfig> HfConfig::open(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const std::string text, read_file(path, kMaxBytes));
  return parse(text, path.string());
}

Result<HfConfig> HfConfig::parse(std::string_view text, std::string source_name) {
  HfConfig config;
  config.source_name_ = std::move(source_name);
  GANGLION_ASSIGN(json::value root, parse_json(text, config.source_name_));
  if (!root.is_object()) {
    return fail(ErrorCode::kMalformed, "{}: expected an object, found {}", config.source_name_,
                json_kind_name(root.kind()));
  }
  config.object_ = std::move(root.get_object());
  return config;
}

bool HfConfig::has(std::string_view key) const {
  const json::value* value = object_.if_contains(key);
  return value != nullptr && !value->is_null();
}

Result<const json::value*> HfConfig::get(std::string_view key, std::string_view alias) const {
  for (const std::string_view name : {key, alias}) {
    if (!name.empty() && has(name)) return object_.if_contains(name);
  }
  return fail(ErrorCode::kNotFound, "{}: \"{}\": expected, but it is absent", source_name_, key);
}

Error HfConfig::wrong_type(std::string_view key, std::string_view expected,
                           const json::value& found) const {
  return fail(ErrorCode::kMalformed, "{}: \"{}\": expected {}, found {}", source_name_, key,
              expected, found.is_int64() ? json::serialize(found) : json_kind_name(found.kind()));
}

Result<std::string> HfConfig::get_string(std::string_view key, std::string_view alias) const {
  GANGLION_ASSIGN(const json::value* value, get(key, alias));
  if (!value->is_string()) return wrong_type(key, "a string", *value);
  return std::string(value->get_string());
}

Result<uint64_t> HfConfig::get_unsigned(std::string_view key, std::string_view alias) const {
  GANGLION_ASSIGN(const json::value* value, get(key, alias));
  if (!value->is_int64() || value->get_int64() < 0) {
    return wrong_type(key, "an integer of at least 0", *value);
  }
  return static_cast<uint64_t>(value->get_int64());
}

Result<double> HfConfig::get_number(std::string_view key, std::string_view alias) const {
  GANGLION_ASSIGN(const json::value* value, get(key, alias));
  if (!value->is_number()) return wrong_type(key, "a number", *value);
  return value->to_number<double>();
}

Result<std::string> HfConfig::get_string_or(std::string_view key, std::string_view fallback) const {
  if (!has(key)) return std::string(fallback);
  return get_string(key);
}

Result<double> HfConfig::get_number_or(std::string_view key, double fallback) const {
  if (!has(key)) return fallback;
  return get_number(key);
}

Result<bool> HfConfig::get_bool_or(std::string_view key, bool fallback) const {
  if (!has(key)) return fallback;
  const json::value& value = *object_.if_contains(key);
  if (!value.is_bool()) return wrong_type(key, "true or false", value);
  return value.get_bool();
}

Result<HfConfig> HfConfig::get_object(std::string_view key) const {
  GANGLION_ASSIGN(const json::value* value, get(key, {}));
  if (!value->is_object()) return wrong_type(key, "an object", *value);
  HfConfig config;
  config.source_name_ = fmt::format("{}: \"{}\"", source_name_, key);
  config.object_ = value->get_object();
  return config;
}

Result<std::vector<double>> HfConfig::get_numbers(std::string_view key) const {
  constexpr size_t kMaxNumbers = 65'536;
  GANGLION_ASSIGN(const json::value* value, get(key, {}));
  if (!value->is_array()) return wrong_type(key, "a list of numbers", *value);
  const json::array& list = value->get_array();
  if (list.size() > kMaxNumbers) {
    return fail(ErrorCode::kLimit, "{}: \"{}\": expected at most {} numbers, found {}",
                source_name_, key, kMaxNumbers, list.size());
  }
  std::vector<double> numbers;
  numbers.reserve(list.size());
  for (const json::value& number : list) {
    if (!number.is_number()) return wrong_type(key, "a list of numbers", number);
    numbers.push_back(number.to_number<double>());
  }
  return numbers;
}

}  // namespace ganglion

// The JSON files beside Hugging Face weights: config.json, 1_Pooling/config.json and kin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/json.h"

namespace ganglion {

// One JSON object, read once. Immutable and thread-safe. Every error names file and key.
class HfConfig {
 public:
  // kNotFound, kIo; kMalformed when the file is not one JSON object; kLimit above 64 MiB.
  static Result<HfConfig> open(const std::filesystem::path& path);
  static Result<HfConfig> parse(std::string_view text, std::string source_name);

  const std::string& source_name() const { return source_name_; }
  const json::object& object() const { return object_; }

  // True when the key is there and not null.
  bool has(std::string_view key) const;

  // The value under the first of `key` and `alias` that is there (DistilBERT calls hidden_size
  // "dim"); `alias` may be empty. kNotFound when neither is, kMalformed for another type or range.
  Result<std::string> get_string(std::string_view key, std::string_view alias = {}) const;
  Result<uint64_t> get_unsigned(std::string_view key, std::string_view alias = {}) const;
  Result<double> get_number(std::string_view key, std::string_view alias = {}) const;
  // `fallback` when absent or null; kMalformed for another type.
  Result<std::string> get_string_or(std::string_view key, std::string_view fallback) const;
  Result<double> get_number_or(std::string_view key, double fallback) const;
  Result<bool> get_bool_or(std::string_view key, bool fallback) const;

  // A copy of the object under `key`; its errors name both. Required to be there.
  Result<HfConfig> get_object(std::string_view key) const;
  // A list of numbers; kLimit above 65,536 of them. Required to be there.
  Result<std::vector<double>> get_numbers(std::string_view key) const;

 private:
  HfConfig() = default;

  Result<const json::value*> get(std::string_view key, std::string_view alias) const;
  Error wrong_type(std::string_view key, std::string_view expected, const json::value& found) const;

  std::string source_name_;
  json::object object_;
};

}  // namespace ganglion

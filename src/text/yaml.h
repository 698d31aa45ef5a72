// YAML files for people: every error names file, line and column, and says what was expected.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace YAML {
class Node;
}

namespace ganglion {

// A mapping inside a YAML file, read key by key. Cheap to copy; shares the parsed file, which is
// never changed. All errors are kMalformed and read "mesh.yaml:12:10: limits.alpha: expected …".
class YamlMap {
 public:
  // Refuses what is not YAML, more than one document, a top level that is not a mapping, a key
  // given twice in one mapping, and aliases (they let a small file unfold into a huge one).
  static Result<YamlMap> parse(std::string_view text, std::string_view source_name);

  // Refuses keys that are not in `known` and suggests the nearest one.
  Status allow_only(std::initializer_list<std::string_view> known) const;

  bool has(std::string_view key) const;
  std::vector<std::string> keys() const;

  // The member must be there and have the type; a string must not be empty.
  Result<std::string> string(std::string_view key) const;
  Result<bool> boolean(std::string_view key) const;
  // low <= value <= high, or low < value < high where `open`.
  Result<double> number(std::string_view key, double low, double high, bool open = false) const;
  Result<int64_t> integer(std::string_view key, int64_t low, int64_t high) const;
  Result<std::string> one_of(std::string_view key,
                             std::initializer_list<std::string_view> choices) const;
  // A list of strings, or one string.
  Result<std::vector<std::string>> strings(std::string_view key) const;
  Result<YamlMap> map(std::string_view key) const;

  // The same with a value for a key that is not there.
  Result<std::string> string_or(std::string_view key, std::string_view otherwise) const;
  Result<bool> boolean_or(std::string_view key, bool otherwise) const;
  Result<double> number_or(std::string_view key, double low, double high, double otherwise) const;
  Result<int64_t> integer_or(std::string_view key, int64_t low, int64_t high,
                             int64_t otherwise) const;
  Result<std::string> one_of_or(std::string_view key,
                                std::initializer_list<std::string_view> choices,
                                std::string_view otherwise) const;

  // "mesh.yaml:12:10: limits.alpha: " + problem, at the value of `key` (at the mapping where it is
  // not there). For checks of the caller's own.
  Error error_at(std::string_view key, std::string_view problem) const;

 private:
  struct File;
  YamlMap(std::shared_ptr<const File> file, std::shared_ptr<const YAML::Node> node,
          std::string path);

  std::string path_of(std::string_view key) const;
  Error error(const YAML::Node& node, std::string_view path, std::string_view problem) const;
  Result<YAML::Node> scalar(std::string_view key, std::string_view expected) const;

  std::shared_ptr<const File> file_;
  std::shared_ptr<const YAML::Node> node_;
  std::string path_;
};

}  // namespace ganglion

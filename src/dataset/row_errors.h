// The bad rows of one file, gathered so that a person can repair several at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

class RowErrors {
 public:
  explicit RowErrors(std::string_view source_name) : source_name_(source_name) {}

  // `message` without its place.
  void add(uint64_t line, std::string_view message);
  // `message` that names its place already.
  void add_placed(std::string message);

  // Ok when nothing was added; else kMalformed: the count, then the first ten, one a line.
  Status status() const;

 private:
  std::string source_name_;
  uint64_t num_errors_ = 0;
  std::vector<std::string> first_messages_;
};

}  // namespace ganglion

// Texts with placeholders: "Your order {order_id|in question}".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

// {name} stands for a value that must be there, {name|fallback} for one that may be missing. Names
// are letters, digits and underscores. Immutable.
class FillTemplate {
 public:
  FillTemplate() = default;

  // kMalformed, naming the byte: a brace that is not closed or was not opened, a name that is none.
  static Result<FillTemplate> parse(std::string_view text);

  // kNotFound, naming it, where a value is missing that has no fallback.
  Result<std::string> fill(const std::map<std::string, std::string>& values) const;

 private:
  struct Part {
    std::string literal;  // before the placeholder
    std::string name;     // empty: no placeholder follows
    std::string fallback;
    bool has_fallback = false;
  };
  std::vector<Part> parts_;
};

}  // namespace ganglion

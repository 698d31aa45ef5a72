// What a draft looks like, and what it must and must not say: policy.yaml.
//
//   greeting: "Hello {customer|there},"
//   sections:                        # in this order; each has a text or quotes
//     opening:
//       text: "Thank you for writing about {order_id|your request}."
//     answer:
//       title: "From our help pages:"
//       quotes: 3                    # at most so many sentences of the articles
//   closing: "Kind regards"
//   required_phrases: ["thank you"]  # whole words; see skills/phrase_check.h
//   forbidden_phrases: ["guarantee*"]
//   search:
//     passages: 3                    # where quotes are taken from
//     minimum_similarity: 0.2        # cosine of request and passage; 0: any
//
// Greeting, title, closing, both lists and search may be left out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "skills/fill_template.h"
#include "skills/phrase_check.h"

namespace ganglion {

struct DraftSection {
  std::string name{};
  FillTemplate title{};
  FillTemplate text{};
  size_t quotes = 0;  // 0: the section has a text
};

struct DraftPolicy {
  FillTemplate greeting{};
  std::vector<DraftSection> sections{};
  FillTemplate closing{};
  std::vector<Phrase> required_phrases{};
  std::vector<Phrase> forbidden_phrases{};
  size_t passages = 3;
  double minimum_similarity = 0;
};

// kMalformed; errors name "policy.yaml:line:column", what was expected and what to write.
Result<DraftPolicy> parse_draft_policy(std::string_view text, std::string_view source_name);
Result<DraftPolicy> load_draft_policy(const std::filesystem::path& path);

}  // namespace ganglion

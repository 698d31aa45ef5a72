#include "mesh/draft_mask.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

std::string masked(std::string_view text, const std::vector<MaskedValue>& values) {
  return mask(text, values);
}

TEST(DraftMask, ALongerValueIsNotCutByOneInsideIt) {
  const std::vector<MaskedValue> values = {{"Anna", "[PERSON_1]"}, {"Anna Schmidt", "[PERSON_2]"}};
  EXPECT_EQ(masked("Anna Schmidt and Anna.", values), "[PERSON_2] and [PERSON_1].");
}

TEST(DraftMask, NothingIsLeftOfValuesThatOverlap) {
  const std::vector<MaskedValue> values = {{"Dr Anna", "[PERSON_1]"},
                                           {"Anna Schmidt", "[PERSON_2]"}};
  EXPECT_EQ(masked("to Dr Anna Schmidt,", values), "to [PERSON_2],");
  EXPECT_EQ(masked("xababax", {{"aba", "[ID_1]"}}), "x[ID_1]x");
}

TEST(DraftMask, ATokenIsNotSearchedForValues) {
  EXPECT_EQ(masked("Anna 1", {{"Anna", "[PERSON_1]"}, {"1", "[ID_1]"}}), "[PERSON_1] [ID_1]");
  EXPECT_EQ(masked("as is", {{"", "[ID_1]"}}), "as is");
}

TEST(DraftMask, HidesWhatWasReadFromRedactedText) {
  // "See https://x.example/LB-2048173 or LB-1" with the address redacted.
  Pseudonyms pseudonyms;
  pseudonyms.token_for(PiiType::kUrl, "https://x.example/LB-2048173");
  const std::vector<RedactedSpan> spans = {{PiiType::kUrl, 4, 32, 1.0}};
  const std::vector<ExtractedValue> extracted = {
      {"/order_id/0", 22, 32, "LB-2048173", 1, "pattern"},
      {"/order_id/1", 36, 40, "LB-1", 1, "pattern"}};
  const std::vector<MaskedValue> values = masked_values(pseudonyms, spans, extracted);
  EXPECT_EQ(mask("About LB-2048173 and LB-1: https://x.example/LB-2048173", values),
            "About [REDACTED] and LB-1: [URL_1]");
}

}  // namespace
}  // namespace ganglion

#include "text/utf8.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

constexpr size_t kValid = std::string_view::npos;

TEST(Utf8, AcceptsEveryLengthAndNamesTheFirstInvalidByte) {
  EXPECT_EQ(find_invalid_utf8("plain ascii, longer than eight"), kValid);
  EXPECT_EQ(find_invalid_utf8("Gr\u00fc\u00dfe \u20ac \U0001F600"), kValid);
  EXPECT_EQ(find_invalid_utf8("abc\xff"), 3u);
  EXPECT_EQ(find_invalid_utf8("\xc0\xaf"), 0u) << "overlong";
  EXPECT_EQ(find_invalid_utf8("a\xed\xa0\x80"), 1u) << "surrogate";
  EXPECT_EQ(find_invalid_utf8("\xf4\x90\x80\x80"), 0u) << "above U+10FFFF";
  EXPECT_EQ(find_invalid_utf8("ab\xe2\x82"), 2u) << "cut off";
}

TEST(Utf8, DecodesWhatItAppends) {
  for (const char32_t code_point : {U'a', U'\u00fc', U'\u20ac', U'\U0001F600', U'\U0010FFFF'}) {
    std::string text;
    append_utf8(text, code_point);
    const DecodedCodePoint decoded = decode_utf8(text, 0);
    EXPECT_EQ(decoded.value, code_point);
    EXPECT_EQ(decoded.num_bytes, text.size());
  }
}

TEST(Utf8, IndexMapsBothWays) {
  const std::string_view text =
      "a\u00fc\u20acb\U0001F600";  // starts at bytes 0 1 3 6 7, ends at 11
  const CodePointIndex index(text);
  EXPECT_EQ(index.size(), 5u);
  EXPECT_EQ(count_code_points(text), 5u);
  EXPECT_EQ(index.code_point_at(3), 2u);
  EXPECT_EQ(index.code_point_at(11), 5u);
  EXPECT_EQ(index.byte_at(4), 7u);
  EXPECT_EQ(index.byte_at(5), 11u);
  EXPECT_EQ(CodePointIndex("ascii").byte_at(5), 5u);
}

}  // namespace
}  // namespace ganglion

#include "engine/text_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace ganglion {
namespace {

using testing::ElementsAre;

// What comes out after each piece; the last element is what finish() adds, or "STOP".
std::vector<std::string> stream(const std::vector<std::string>& stops,
                                const std::vector<std::string>& pieces) {
  TextStream stream(stops);
  std::vector<std::string> result;
  for (const std::string& piece : pieces) {
    if (stream.push(piece, result.emplace_back())) {
      result.emplace_back("STOP");
      return result;
    }
  }
  stream.finish(result.emplace_back());
  return result;
}

TEST(TextStream, NeverShowsHalfACharacter) {
  EXPECT_THAT(stream({}, {"a\xC3", "\xA9\xE2", "\x82", "\xAC\xF0\x9F", "\x98\x80!"}),
              ElementsAre("a", "é", "", "€", "😀!", ""));
}

TEST(TextStream, ReplacesWhatIsNoCharacter) {
  EXPECT_THAT(stream({}, {"\xC3", "("}), ElementsAre("", "\uFFFD(", ""));
  EXPECT_THAT(stream({}, {"x\xFFy\x80"}), ElementsAre("x\uFFFDy\uFFFD", ""));
  EXPECT_THAT(stream({}, {"\xE2\x82"}), ElementsAre("", "\uFFFD\uFFFD"));
  EXPECT_THAT(stream({}, {"\xE0\x80", "a"}), ElementsAre("\uFFFD\uFFFD", "a", ""));  // overlong
  EXPECT_THAT(stream({}, {"\xED\xA0", "a"}), ElementsAre("\uFFFD\uFFFD", "a", ""));  // surrogate
  EXPECT_THAT(stream({}, {"\xF4\x90", "a"}), ElementsAre("\uFFFD\uFFFD", "a", ""));
  EXPECT_THAT(stream({}, {"\xF5", "a"}), ElementsAre("\uFFFD", "a", ""));
}

TEST(TextStream, StopsInsideAndAcrossPieces) {
  EXPECT_THAT(stream({"END"}, {"one END two"}), ElementsAre("one ", "STOP"));
  EXPECT_THAT(stream({"END"}, {"one E", "N", "Dtwo"}), ElementsAre("one ", "", "", "STOP"));
}

TEST(TextStream, HoldsBackOnlyWhatMayBecomeAStopString) {
  EXPECT_THAT(stream({"END"}, {"one E", "N", "T"}), ElementsAre("one ", "", "ENT", ""));
  EXPECT_THAT(stream({"END"}, {"EN"}), ElementsAre("", "EN"));
  EXPECT_THAT(stream({"aab"}, {"a", "a", "a", "a", "b"}),
              ElementsAre("", "", "a", "a", "", "STOP"));
}

TEST(TextStream, FirstCompleteOfSeveralThenTheLongest) {
  EXPECT_THAT(stream({"bcd", "abcde", "c"}, {"xab", "cde"}), ElementsAre("x", "ab", "STOP"));
  TextStream both({"b", "ab"});
  std::string text;
  EXPECT_TRUE(both.push("xab", text));
  EXPECT_EQ(text, "x");
  EXPECT_EQ(both.stop_string(), 1U);
}

TEST(TextStream, StopStringsOfSeveralBytesACharacter) {
  EXPECT_THAT(stream({"。"}, {"好\xE3", "\x80", "\x82后"}), ElementsAre("好", "", "", "STOP"));
  EXPECT_THAT(stream({"é"}, {"\xC3", "\xA8"}), ElementsAre("", "è", ""));
}

// However the text is cut, the result is what std::string::find says.
TEST(TextStream, CutsDoNotMatter) {
  Rng rng(11);
  for (int trial = 0; trial < 2000; ++trial) {
    std::string text;
    for (size_t i = 0; i < 30; ++i) text += static_cast<char>('a' + rng.below(2));
    std::string stop;
    for (size_t i = 0; i <= rng.below(6); ++i) stop += static_cast<char>('a' + rng.below(2));
    const size_t found = text.find(stop);
    TextStream stream({stop});
    std::string shown;
    bool stopped = false;
    for (size_t at = 0; at < text.size() && !stopped;) {
      const size_t size = std::min(text.size() - at, static_cast<size_t>(rng.below(5)));
      stopped = stream.push(text.substr(at, size), shown);
      EXPECT_EQ(text.substr(0, shown.size()), shown);
      at += size;
    }
    if (!stopped) stream.finish(shown);
    EXPECT_EQ(stopped, found != std::string::npos);
    EXPECT_EQ(shown, text.substr(0, found));
  }
}

TEST(StopStrings, Limits) {
  EXPECT_TRUE(check_stop_strings({"a", std::string(1024, 'x')}).ok());
  EXPECT_EQ(check_stop_strings({""}).error().message,
            "a stop string of 0 bytes; it must have 1 to 1024");
  EXPECT_EQ(check_stop_strings(std::vector<std::string>(65, "a")).error().message,
            "65 stop strings; at most 64 are taken");
  EXPECT_EQ(check_stop_strings({"a\xFF"}).error().message,
            "a stop string is not valid UTF-8 at byte 2");
}

}  // namespace
}  // namespace ganglion

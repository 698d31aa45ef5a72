#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace ganglion {
namespace {

Result<int> parse_digit(char c) {
  if (c < '0' || c > '9') return fail(ErrorCode::kMalformed, "expected a digit, found '{}'", c);
  return c - '0';
}

Result<int> sum_digits(char a, char b) {
  GANGLION_ASSIGN(const int first, parse_digit(a));
  GANGLION_ASSIGN(const int second, parse_digit(b));
  return first + second;
}

Status check_digit(char c) {
  GANGLION_TRY(parse_digit(c));
  return {};
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(*sum_digits('2', '3'), 5);
  const Result<int> failed = sum_digits('2', 'x');
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(failed.error().message, "expected a digit, found 'x'");
  EXPECT_TRUE(check_digit('1').ok());
  EXPECT_FALSE(check_digit('-').ok());
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> owned = std::move(result).value();
  EXPECT_EQ(*owned, 7);
}

TEST(Result, PlacesAreAddedInFront) {
  const Error error = at_place("a.jsonl:3", fail(ErrorCode::kLimit, "too long"));
  EXPECT_EQ(error.code, ErrorCode::kLimit);
  EXPECT_EQ(error.message, "a.jsonl:3: too long");
}

TEST(ResultDeathTest, TheValueOfAnErrorIsABug) {
  EXPECT_DEATH((void)parse_digit('x').value(), "assertion failed: ok\\(\\)");
}

}  // namespace
}  // namespace ganglion

// Finds typed values in text by rule. Every value keeps the bytes it was read from; what is not
// written there is not added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/tagger_words.h"
#include "text/json.h"

namespace ganglion {

// Bytes [begin, end) of the text and the value they state.
struct Candidate {
  size_t begin;
  size_t end;
  json::value value;
  double score = 1;
};

// Bytes that may be read in several ways, or that lack a part: reported, never chosen.
struct AmbiguousCandidate {
  size_t begin;
  size_t end;
  std::vector<std::string> readings;
};

struct DateCandidates {
  std::vector<Candidate> dates;  // ISO 8601 strings, days of the Gregorian calendar
  std::vector<AmbiguousCandidate> ambiguous;
};

// For 03/04/2025.
enum class DateOrder : uint8_t { kUnknown, kDayFirst, kMonthFirst };

// A text split once, for all finders. Views the text; immutable.
struct SplitText {
  explicit SplitText(std::string_view content);

  std::string_view text;
  std::vector<TaggerWord> words;
  std::vector<uint64_t> hashes;  // of each word in lower case
};

// Each finder gives candidates in order, without overlaps, in linear time.

// 2025-03-31, 2025/3/31, 31.03.2025, 31/03/2025, 03/31/25, 31 March 2025, March 31st, 2025,
// 31. März 2025 (months in English, German, French, Spanish, Italian and Dutch).
// With dots the day comes first. With slashes or hyphens `order` decides; when it is unknown, the
// reading that makes a calendar day, and when both do (and differ), the date is ambiguous. A year
// of two digits is 2000 to 2068 or 1969 to 1999 (POSIX). A day and month without a year is
// ambiguous, with the reading --03-31.
DateCandidates find_dates(const SplitText& split, DateOrder order);

// Numbers standing alone: 12, -3.5, 1,299.00, 1.299,00, 1'299. Of two kinds of separator the last
// is the decimal one; a repeated one groups thousands; a single comma before exactly three digits
// groups thousands, any other single separator is decimal. Part of a word, a date, a time, a
// version or a longer identifier is not a number.
std::vector<Candidate> find_numbers(const SplitText& split);

// The English words zero to twenty. Only for what the tagger found: "five people".
std::vector<Candidate> find_number_words(const SplitText& split);

// {"value", "currency"}: a number beside a currency sign, ISO 4217 code or name: €12.50, 1.299 €,
// USD 5, 20 euros. $ is USD and ¥ JPY unless a code follows. A single separator before exactly
// three digits groups thousands. Amounts with a magnitude ("5k", "3 million") are left out.
std::vector<Candidate> find_amounts(const SplitText& split);

// RFC 9562 text form, given in lower case.
std::vector<Candidate> find_uuids(const SplitText& split);

}  // namespace ganglion

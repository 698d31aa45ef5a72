// Numbers and amounts of money.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "skills/extract_candidates.h"
#include "text/unicode.h"

namespace ganglion {
namespace {

constexpr size_t kMaxDigits = 15;  // exact in a double

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits with separators at [begin, end) of a text.
struct Numeral {
  size_t begin;
  size_t end;
  double value;
};

enum class NumeralUse : uint8_t { kNumber, kMoney };

// The length of a separator at `at` that may stand inside a numeral and has a digit after it, or 0.
// Spaces group thousands in money only, and only before exactly three digits.
size_t separator_size(std::string_view text, size_t at, NumeralUse use) {
  constexpr std::string_view kNoBreak[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x99"};
  size_t size = 0;
  if (at >= text.size()) return 0;
  if (text[at] == '.' || text[at] == ',' || text[at] == '\'') size = 1;
  if (text[at] == ' ' && use == NumeralUse::kMoney) size = 1;
  for (const std::string_view mark : kNoBreak) {
    if (text.substr(at).starts_with(mark)) size = mark.size();
  }
  if (size == 0 || at + size >= text.size() || !is_digit(text[at + size])) return 0;
  if (text[at] == '.' || text[at] == ',') return size;
  size_t num_digits = 0;
  while (at + size + num_digits < text.size() && is_digit(text[at + size + num_digits])) {
    ++num_digits;
  }
  return num_digits == 3 ? size : 0;
}

// The parts of a numeral: groups of digits and the separator before each but the first.
struct NumeralParts {
  std::vector<std::string_view> groups;
  std::string separators;  // '.', ',' or ' ' for any mark that only groups
  size_t end = 0;
};

NumeralParts read_parts(std::string_view text, size_t begin, NumeralUse use) {
  NumeralParts parts;
  size_t at = begin;
  while (true) {
    const size_t group = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    parts.groups.push_back(text.substr(group, at - group));
    const size_t size = separator_size(text, at, use);
    if (size == 0) break;
    parts.separators += text[at] == '.' || text[at] == ',' ? text[at] : ' ';
    at += size;
  }
  parts.end = at;
  return parts;
}

// How many of the separators group thousands: all, all but the last, or nullopt when the numeral
// is neither.
std::optional<size_t> count_grouping(const NumeralParts& parts, NumeralUse use) {
  const std::string& marks = parts.separators;
  if (marks.empty()) return 0;
  const char last = marks.back();
  const size_t num_last = static_cast<size_t>(std::count(marks.begin(), marks.end(), last));
  const bool last_is_decimal = [&] {
    if (last == ' ' || num_last > 1) return false;
    if (marks.size() > 1) return true;  // another kind before it
    const bool like_thousands =
        parts.groups[1].size() == 3 && parts.groups[0].size() <= 3 && parts.groups[0][0] != '0';
    return !(like_thousands && (use == NumeralUse::kMoney || last == ','));
  }();
  const size_t num_grouping = marks.size() - (last_is_decimal ? 1 : 0);
  for (size_t i = 0; i < num_grouping; ++i) {
    if (marks[i] != marks[0] || parts.groups[i + 1].size() != 3) return std::nullopt;
  }
  if (num_grouping > 0 && parts.groups[0].size() > 3) return std::nullopt;
  return num_grouping;
}

std::optional<Numeral> read_numeral(std::string_view text, size_t begin, NumeralUse use) {
  const NumeralParts parts = read_parts(text, begin, use);
  const auto num_grouping = count_grouping(parts, use);
  if (!num_grouping) return std::nullopt;
  std::string digits;
  for (size_t i = 0; i < parts.groups.size(); ++i) {
    if (i > *num_grouping) digits += '.';
    digits += parts.groups[i];
  }
  if (digits.size() > kMaxDigits) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Numeral{begin, parts.end, value};
}

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return is_digit(c) || byte >= 0x80 || ((byte | 32) >= 'a' && (byte | 32) <= 'z') || c == '_';
}

// Whether what touches [begin, end) makes it a part of a word, date, time or identifier.
bool is_part_of_longer(std::string_view text, size_t begin, size_t end) {
  constexpr std::string_view kJoiners = "-/:.@#\\+=";
  if (begin > 0) {
    const char before = text[begin - 1];
    if (is_word_byte(before)) return true;
    if (kJoiners.find(before) != std::string_view::npos && begin > 1 &&
        is_word_byte(text[begin - 2])) {
      return true;
    }
  }
  if (end >= text.size()) return false;
  const char after = text[end];
  if (is_word_byte(after)) return true;
  return kJoiners.find(after) != std::string_view::npos && end + 1 < text.size() &&
         is_word_byte(text[end + 1]);
}

// A '-' or U+2212 directly before `begin` that is a sign: its length, or 0.
size_t sign_size(std::string_view text, size_t begin) {
  const size_t size = begin >= 1 && text[begin - 1] == '-'                        ? 1
                      : begin >= 3 && text.substr(begin - 3, 3) == "\xE2\x88\x92" ? 3
                                                                                  : 0;
  if (size == 0 || begin == size) return size;
  const char before = text[begin - size - 1];
  return before == ' ' || before == '\n' || before == '\t' || before == '(' ? size : 0;
}

// The JSON number: an integer when it is one.
json::value json_of(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return json::value(static_cast<int64_t>(value));
  }
  return json::value(value);
}

struct Currency {
  std::string_view name;  // as written; words in lower case
  std::string_view code;
};

constexpr Currency kCurrencySigns[] = {
    {"US$", "USD"}, {"CA$", "CAD"}, {"C$", "CAD"},  {"A$", "AUD"},  {"AU$", "AUD"}, {"NZ$", "NZD"},
    {"HK$", "HKD"}, {"R$", "BRL"},  {"€", "EUR"},   {"$", "USD"},   {"£", "GBP"},   {"¥", "JPY"},
    {"₹", "INR"},   {"₺", "TRY"},   {"₩", "KRW"},   {"₽", "RUB"}, {"₴", "UAH"},   {"₪", "ILS"},
    {"zł", "PLN"},  {"Kč", "CZK"},  {"Fr.", "CHF"},
};

constexpr std::string_view kCurrencyCodes[] = {
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK",
    "DKK", "EGP", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY",
    "KRW", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PHP", "PLN", "RON", "RSD",
    "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
};

constexpr Currency kCurrencyWords[] = {
    {"euro", "EUR"}, {"euros", "EUR"},  {"dollar", "USD"}, {"dollars", "USD"}, {"pounds", "GBP"},
    {"yen", "JPY"},  {"rupees", "INR"}, {"zloty", "PLN"},  {"złoty", "PLN"},
};

bool is_letter_byte(char c) { return is_word_byte(c) && !is_digit(c) && c != '_'; }

// A currency that ends at `end`: its code and where it begins.
struct CurrencyMark {
  std::string_view code;
  size_t begin;
  size_t end;
};

std::optional<CurrencyMark> currency_before(std::string_view text, size_t end) {
  const std::string_view before = text.substr(0, end);
  for (const Currency& sign : kCurrencySigns) {
    if (before.ends_with(sign.name)) return CurrencyMark{sign.code, end - sign.name.size(), end};
  }
  for (const std::string_view code : kCurrencyCodes) {
    if (!before.ends_with(code)) continue;
    const size_t begin = end - code.size();
    if (begin > 0 && is_word_byte(text[begin - 1])) return std::nullopt;
    return CurrencyMark{code, begin, end};
  }
  return std::nullopt;
}

std::optional<CurrencyMark> currency_after(std::string_view text, size_t begin) {
  const std::string_view after = text.substr(begin);
  for (const Currency& sign : kCurrencySigns) {
    if (!after.starts_with(sign.name)) continue;
    const size_t end = begin + sign.name.size();
    if (end < text.size() && is_letter_byte(sign.name.back()) && is_word_byte(text[end])) continue;
    return CurrencyMark{sign.code, begin, end};
  }
  size_t end = begin;
  while (end < text.size() && is_letter_byte(text[end]) && end - begin < 12) ++end;
  const std::string_view word = text.substr(begin, end - begin);
  for (const std::string_view code : kCurrencyCodes) {
    if (word == code) return CurrencyMark{code, begin, end};
  }
  if (word.size() < 3) return std::nullopt;
  std::string folded(word);
  for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (const Currency& known : kCurrencyWords) {
    if (folded == known.name) return CurrencyMark{known.code, begin, end};
  }
  return std::nullopt;
}

size_t skip_spaces(std::string_view text, size_t at) {
  if (at < text.size() && text[at] == ' ') return at + 1;
  if (text.substr(at).starts_with("\xC2\xA0")) return at + 2;
  if (text.substr(at).starts_with("\xE2\x80\xAF")) return at + 3;
  return at;
}

size_t skip_spaces_back(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  if (before.ends_with(" ")) return at - 1;
  if (before.ends_with("\xC2\xA0")) return at - 2;
  if (before.ends_with("\xE2\x80\xAF")) return at - 3;
  return at;
}

bool has_magnitude(std::string_view text, size_t at) {
  constexpr std::string_view kMagnitudes[] = {"k",       "m",        "bn",      "mio",      "mrd",
                                              "million", "millions", "billion", "thousand", "mn"};
  at = skip_spaces(text, at);
  std::string word;
  while (at < text.size() && is_letter_byte(text[at]) && word.size() < 12) {
    word += static_cast<char>(text[at] >= 'A' && text[at] <= 'Z' ? text[at] + 32 : text[at]);
    ++at;
  }
  return std::find(std::begin(kMagnitudes), std::end(kMagnitudes), word) != std::end(kMagnitudes);
}

// The amount whose numeral starts at `begin`.
std::optional<Candidate> read_amount(std::string_view text, const Numeral& numeral) {
  if (has_magnitude(text, numeral.end)) return std::nullopt;
  size_t begin = numeral.begin;
  size_t end = numeral.end;
  const size_t inner_sign = sign_size(text, begin);
  const auto before = currency_before(text, skip_spaces_back(text, begin - inner_sign));
  const auto after = currency_after(text, skip_spaces(text, end));
  std::string_view code;
  bool negative = inner_sign > 0;
  if (before) {
    begin = before->begin;
    const size_t outer_sign = sign_size(text, begin);
    negative = negative || outer_sign > 0;
    begin -= outer_sign;
    code = before->code;
  } else if (after) {
    begin -= inner_sign;
  }
  // "$5 CAD": the code after a sign is the more exact one.
  const bool code_after = after && after->end - after->begin == 3 && after->code != code;
  if (after && (!before || (text[before->end - 1] == '$' && code_after))) {
    code = after->code;
    end = after->end;
  }
  if (code.empty()) return std::nullopt;
  const bool touches_before =
      begin > 0 && is_word_byte(text[begin - 1]) && is_word_byte(text[begin]);
  const bool touches_after =
      end < text.size() && is_word_byte(text[end]) && is_word_byte(text[end - 1]);
  if (touches_before || touches_after) return std::nullopt;
  const double value = negative ? -numeral.value : numeral.value;
  return Candidate{begin, end,
                   json::object{{"value", json_of(value)}, {"currency", json::string(code)}}, 1.0};
}

constexpr std::string_view kNumberWords[] = {
    "zero",     "one",     "two",     "three",     "four",     "five",     "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};

}  // namespace

std::vector<Candidate> find_numbers(const SplitText& split) {
  const std::string_view text = split.text;
  std::vector<Candidate> found;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at])) continue;
    const auto numeral = read_numeral(text, at, NumeralUse::kNumber);
    const size_t end = numeral ? numeral->end : read_parts(text, at, NumeralUse::kNumber).end;
    if (numeral) {
      const size_t sign = sign_size(text, at);
      if (!is_part_of_longer(text, at - sign, end)) {
        found.push_back(
            {at - sign, end, json_of(sign > 0 ? -numeral->value : numeral->value), 1.0});
      }
    }
    at = end;  // and past the character after it, which is no digit
  }
  return found;
}

std::vector<Candidate> find_number_words(const SplitText& split) {
  std::vector<Candidate> found;
  for (const TaggerWord& word : split.words) {
    const std::string lower = to_lower(split.text.substr(word.begin, word.end - word.begin));
    const auto* const at = std::find(std::begin(kNumberWords), std::end(kNumberWords), lower);
    if (at == std::end(kNumberWords)) continue;
    found.push_back({word.begin, word.end, json::value(at - std::begin(kNumberWords)), 1.0});
  }
  return found;
}

std::vector<Candidate> find_amounts(const SplitText& split) {
  const std::string_view text = split.text;
  std::vector<Candidate> found;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at])) continue;
    const NumeralUse use = NumeralUse::kMoney;
    const auto numeral = read_numeral(text, at, use);
    size_t end = numeral ? numeral->end : read_parts(text, at, use).end;
    if (numeral) {
      if (auto amount = read_amount(text, *numeral)) {
        end = std::max(end, amount->end);
        if (found.empty() || found.back().end <= amount->begin) found.push_back(std::move(*amount));
      }
    }
    at = end - 1;
  }
  return found;
}

}  // namespace ganglion

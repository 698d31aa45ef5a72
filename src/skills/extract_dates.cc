// Dates in the forms that people write.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "skills/extract_candidates.h"
#include "text/identifier.h"
#include "text/unicode.h"

namespace ganglion {
namespace {

struct MonthName {
  std::string_view name;
  int month;
};

// English, German, French, Spanish, Italian, Dutch; lower case.
constexpr MonthName kMonthNames[] = {
    {"january", 1},    {"jan", 1},       {"januar", 1},     {"jänner", 1},    {"janvier", 1},
    {"enero", 1},      {"gennaio", 1},   {"januari", 1},    {"february", 2},  {"feb", 2},
    {"februar", 2},    {"février", 2},   {"febrero", 2},    {"febbraio", 2},  {"februari", 2},
    {"march", 3},      {"mar", 3},       {"märz", 3},       {"mars", 3},      {"marzo", 3},
    {"maart", 3},      {"april", 4},     {"apr", 4},        {"avril", 4},     {"abril", 4},
    {"aprile", 4},     {"may", 5},       {"mai", 5},        {"mayo", 5},      {"maggio", 5},
    {"mei", 5},        {"june", 6},      {"jun", 6},        {"juni", 6},      {"juin", 6},
    {"junio", 6},      {"giugno", 6},    {"july", 7},       {"jul", 7},       {"juli", 7},
    {"juillet", 7},    {"julio", 7},     {"luglio", 7},     {"august", 8},    {"aug", 8},
    {"août", 8},       {"agosto", 8},    {"augustus", 8},   {"september", 9}, {"sep", 9},
    {"sept", 9},       {"septembre", 9}, {"septiembre", 9}, {"settembre", 9}, {"october", 10},
    {"oct", 10},       {"oktober", 10},  {"okt", 10},       {"octobre", 10},  {"octubre", 10},
    {"ottobre", 10},   {"november", 11}, {"nov", 11},       {"novembre", 11}, {"noviembre", 11},
    {"december", 12},  {"dec", 12},      {"dezember", 12},  {"dez", 12},      {"décembre", 12},
    {"diciembre", 12}, {"dicembre", 12},
};

int month_of(std::string_view word) {
  static const auto* const kMonths = [] {
    auto* months = new std::unordered_map<std::string, int>;
    for (const MonthName& name : kMonthNames) months->emplace(name.name, name.month);
    return months;
  }();
  if (word.size() < 3 || word.size() > 12) return 0;
  const auto found = kMonths->find(to_lower(word));
  return found == kMonths->end() ? 0 : found->second;
}

struct CalendarDate {
  int year;
  int month;
  int day;
  bool operator==(const CalendarDate&) const = default;
};

bool is_real(const CalendarDate& date) { return is_calendar_date(date.year, date.month, date.day); }

std::string iso(const CalendarDate& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

class DateFinder {
 public:
  DateFinder(const SplitText& split, DateOrder order) : split_(split), order_(order) {}

  DateCandidates run() {
    for (size_t i = 0; i < split_.words.size();) {
      size_t next = numeric_date(i);
      if (next == i) next = day_month(i);
      if (next == i) next = month_day(i);
      i = next == i ? i + 1 : next;
    }
    return std::move(found_);
  }

 private:
  std::string_view word(size_t i) const {
    if (i >= split_.words.size()) return {};
    const TaggerWord& at = split_.words[i];
    return split_.text.substr(at.begin, at.end - at.begin);
  }
  bool joined(size_t i) const {  // no space between words i - 1 and i
    return i > 0 && i < split_.words.size() && split_.words[i - 1].end == split_.words[i].begin;
  }
  static bool is_digits(std::string_view text) {
    return !text.empty() && text[0] >= '0' && text[0] <= '9' &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  }
  static bool is_letters(std::string_view text) {
    return !text.empty() && (static_cast<unsigned char>(text[0]) >= 0x80 || (text[0] | 32) >= 'a');
  }
  // The number of at most `max_digits` digits, or −1.
  int number(size_t i, size_t max_digits) const {
    const std::string_view text = word(i);
    if (!is_digits(text) || text.size() > max_digits) return -1;
    int value = 0;
    for (const char c : text) value = value * 10 + (c - '0');
    return value;
  }
  // Not a part of something longer: "1/2/3/4", "A-12-03-2025", "2025-01-02-7".
  bool stands_alone(size_t first, size_t last) const {
    if (joined(first)) {
      const std::string_view before = word(first - 1);
      if (is_digits(before) || is_letters(before)) return false;
      if (before.find_first_of("./-_") == 0 && joined(first - 1)) return false;
    }
    if (!joined(last + 1)) return true;
    const std::string_view after = word(last + 1);
    if (after == "T" || after == "Z") return true;  // an ISO 8601 time follows
    if (is_digits(after) || is_letters(after)) return false;
    const bool is_mark = after.find_first_of("./-_") == 0;
    return !(is_mark && joined(last + 2) &&
             (is_digits(word(last + 2)) || is_letters(word(last + 2))));
  }

  void add(size_t first, size_t last, const CalendarDate& date) {
    found_.dates.push_back(
        {split_.words[first].begin, split_.words[last].end, json::value(iso(date)), 1.0});
  }
  void add_ambiguous(size_t first, size_t last, std::vector<std::string> readings) {
    found_.ambiguous.push_back(
        {split_.words[first].begin, split_.words[last].end, std::move(readings)});
  }

  static int full_year(int year, std::string_view digits) {
    if (digits.size() == 4) return year;
    return digits.size() != 2 ? -1 : year < 69 ? 2000 + year : 1900 + year;
  }

  // Three numbers with the same mark between them. Returns the word after, or `i`.
  size_t numeric_date(size_t i) {
    const std::string_view mark = word(i + 1);
    if (mark != "-" && mark != "/" && mark != ".") return i;
    if (word(i + 3) != mark || !stands_alone(i, i + 4)) return i;
    for (size_t k = 1; k <= 4; ++k) {
      if (!joined(i + k)) return i;
    }
    const int a = number(i, 4);
    const int b = number(i + 2, 2);
    const int c = number(i + 4, 4);
    if (a < 0 || b < 0 || c < 0) return i;
    if (word(i).size() == 4) {
      const CalendarDate date{a, b, c};
      if (word(i + 4).size() > 2 || !is_real(date)) return i;
      add(i, i + 4, date);
      return i + 5;
    }
    const int year = full_year(c, word(i + 4));
    if (year < 0 || word(i).size() > 2) return i;
    return choose_order(i, {year, b, a}, {year, a, b}, mark == ".");
  }

  size_t choose_order(size_t i, const CalendarDate& day_first, const CalendarDate& month_first,
                      bool dots) {
    const bool day_first_real = is_real(day_first);
    const bool month_first_real = !dots && is_real(month_first);
    if (!day_first_real && !month_first_real) return i;
    if (day_first_real && month_first_real && day_first != month_first) {
      if (order_ == DateOrder::kUnknown) {
        add_ambiguous(i, i + 4, {iso(day_first), iso(month_first)});
      } else {
        add(i, i + 4, order_ == DateOrder::kDayFirst ? day_first : month_first);
      }
      return i + 5;
    }
    add(i, i + 4, day_first_real ? day_first : month_first);
    return i + 5;
  }

  // Skips "st", "nd", "rd", "th", ".", "º" directly after a day number at `i`.
  size_t after_day(size_t i) const {
    if (!joined(i + 1)) return i + 1;
    const std::string_view suffix = word(i + 1);
    for (const std::string_view known :
         {"st", "nd", "rd", "th", "ST", "ND", "RD", "TH", ".", "er", "º", "ª"}) {
      if (suffix == known) return i + 2;
    }
    return i + 1;
  }

  // The day's number at `i`, if no letter or digit touches it from the left; else −1.
  int day_number(size_t i) const {
    if (joined(i) && (is_digits(word(i - 1)) || is_letters(word(i - 1)))) return -1;
    if (joined(i) && joined(i - 1) && word(i - 1).find_first_of(".,:/-") == 0) return -1;
    return number(i, 2);
  }

  // 31 March 2025, 31st of March, 2025, 31. März 2025, 31-Mar-2025.
  size_t day_month(size_t i) {
    const int day = day_number(i);
    if (day < 1 || day > 31) return i;
    size_t at = after_day(i);
    if (word(at) == "of" || word(at) == "de" || word(at) == "-" || word(at) == "/") ++at;
    const int month = month_of(word(at));
    if (month == 0) return i;
    size_t last = at;
    size_t year_at = at + 1;
    while (word(year_at) == "," || word(year_at) == "." || word(year_at) == "-" ||
           word(year_at) == "/" || word(year_at) == "of" || word(year_at) == "de") {
      ++year_at;
    }
    return finish(i, last, year_at, day, month);
  }

  // March 31, 2025; March 31st 2025.
  size_t month_day(size_t i) {
    const int month = month_of(word(i));
    if (month == 0) return i;
    size_t at = i + 1;
    if (word(at) == ".") ++at;
    const int day = number(at, 2);
    if (day < 1 || day > 31 || is_time(at)) return i;
    const size_t after = after_day(at);
    size_t year_at = after;
    while (word(year_at) == "," || word(year_at) == "of") ++year_at;
    return finish(i, after - 1, year_at, day, month);
  }

  // "10" of "10:30" or "10am" is no day.
  bool is_time(size_t i) const {
    return joined(i + 1) &&
           (word(i + 1) == ":" || word(i + 1) == "am" || word(i + 1) == "pm" || word(i + 1) == "h");
  }

  // With the year at `year_at`, if there is one; `last` is the last word without it.
  size_t finish(size_t first, size_t last, size_t year_at, int day, int month) {
    const int year = word(year_at).size() == 4 && !is_time(year_at) ? number(year_at, 4) : -1;
    if (year > 0 && year_at <= last + 3) {
      const CalendarDate date{year, month, day};
      if (!is_real(date)) return first;
      add(first, year_at, date);
      return year_at + 1;
    }
    if (!is_real({2024, month, day})) return first;  // 2024: 29 February is a day
    if (word(last) == "." || word(last) == ",") --last;
    add_ambiguous(first, last, {fmt::format("--{:02}-{:02}", month, day)});
    return last + 1;
  }

  const SplitText& split_;
  DateOrder order_;
  DateCandidates found_;
};

}  // namespace

DateCandidates find_dates(const SplitText& split, DateOrder order) {
  return DateFinder(split, order).run();
}

}  // namespace ganglion

// Calendar dates with a year, numeric or with a month name; after "born" and its like a date of
// birth. A time that follows an ISO date belongs to it.
#include <array>
#include <optional>

#include "guard/detector.h"
#include "text/identifier.h"

namespace ganglion {
namespace {

struct MonthName {
  std::string_view name;  // folded
  int month;
};

constexpr std::array kMonthNames = {
    MonthName{"january", 1},   MonthName{"jan", 1},        MonthName{"januar", 1},
    MonthName{"janvier", 1},   MonthName{"enero", 1},      MonthName{"januari", 1},
    MonthName{"february", 2},  MonthName{"feb", 2},        MonthName{"februar", 2},
    MonthName{"fevrier", 2},   MonthName{"febrero", 2},    MonthName{"februari", 2},
    MonthName{"march", 3},     MonthName{"mar", 3},        MonthName{"marz", 3},
    MonthName{"maerz", 3},     MonthName{"mars", 3},       MonthName{"marzo", 3},
    MonthName{"maart", 3},     MonthName{"april", 4},      MonthName{"apr", 4},
    MonthName{"avril", 4},     MonthName{"abril", 4},      MonthName{"may", 5},
    MonthName{"mai", 5},       MonthName{"mayo", 5},       MonthName{"mei", 5},
    MonthName{"june", 6},      MonthName{"jun", 6},        MonthName{"juni", 6},
    MonthName{"juin", 6},      MonthName{"junio", 6},      MonthName{"july", 7},
    MonthName{"jul", 7},       MonthName{"juli", 7},       MonthName{"juillet", 7},
    MonthName{"julio", 7},     MonthName{"august", 8},     MonthName{"aug", 8},
    MonthName{"aout", 8},      MonthName{"agosto", 8},     MonthName{"augustus", 8},
    MonthName{"september", 9}, MonthName{"sep", 9},        MonthName{"sept", 9},
    MonthName{"septembre", 9}, MonthName{"septiembre", 9}, MonthName{"october", 10},
    MonthName{"oct", 10},      MonthName{"oktober", 10},   MonthName{"okt", 10},
    MonthName{"octobre", 10},  MonthName{"octubre", 10},   MonthName{"november", 11},
    MonthName{"nov", 11},      MonthName{"novembre", 11},  MonthName{"noviembre", 11},
    MonthName{"december", 12}, MonthName{"dec", 12},       MonthName{"dezember", 12},
    MonthName{"dez", 12},      MonthName{"decembre", 12},  MonthName{"diciembre", 12},
};

int month_of(std::string_view word) {
  char folded[16];
  const std::string_view name(folded, fold_word(word, folded, sizeof folded));
  for (const MonthName& entry : kMonthNames) {
    if (entry.name == name) return entry.month;
  }
  return 0;
}

// The value of 1 to 4 digits, also of "3rd" and "1er"; -1 for anything else.
int small_number(std::string_view word) {
  int value = 0;
  size_t i = 0;
  for (; i < word.size() && word[i] >= '0' && word[i] <= '9'; ++i) {
    if (i == 4) return -1;
    value = value * 10 + (word[i] - '0');
  }
  const std::string_view suffix = word.substr(i);
  const bool ordinal = suffix == "st" || suffix == "nd" || suffix == "rd" || suffix == "th" ||
                       suffix == "er" || suffix == "ste" || suffix == "de" || suffix == "e";
  return i == 0 || (!suffix.empty() && !(ordinal && i <= 2)) ? -1 : value;
}

bool is_year(const Lexeme& lexeme, int value) {
  return lexeme.is_digits() && lexeme.size() == 4 && value >= 1850 && value <= 2150;
}

bool is_day_and_month(int a, int b, int year) {
  return is_calendar_date(year, b, a) || is_calendar_date(year, a, b);
}

// Reads the dates that start at one word; holds the end of the last that was read.
class DateReader {
 public:
  explicit DateReader(const ScannedText& scan) : scan_(scan) {}

  // The last word of the date that starts at word `first`, if one does.
  std::optional<size_t> last_word(size_t first) const {
    const Lexeme& lexeme = scan_.lexemes()[first];
    if (lexeme.size() > 10) return std::nullopt;
    if (lexeme.has_digit()) {
      const auto numeric = numeric_date(first);
      return numeric ? numeric : day_month_year(first);
    }
    return lexeme.size() >= 3 ? month_day_year(first) : std::nullopt;
  }

 private:
  bool has(size_t index) const { return index < scan_.lexemes().size(); }
  std::string_view word(size_t index) const { return scan_.word(scan_.lexemes()[index]); }
  // Words apart by at most three bytes without a line break: "12. March", "5, 2024".
  bool close(size_t index) const {
    const std::vector<Lexeme>& lexemes = scan_.lexemes();
    const std::string_view gap =
        scan_.text().substr(lexemes[index - 1].end, lexemes[index].begin - lexemes[index - 1].end);
    return gap.size() <= 3 && gap.find_first_of("\n:;()/") == std::string_view::npos;
  }

  // 2024-05-01, 01.05.2024, 5/1/24, and the time of day after the first.
  std::optional<size_t> numeric_date(size_t first) const {
    if (!has(first + 2)) return std::nullopt;
    const std::vector<Lexeme>& lexemes = scan_.lexemes();
    const char separator = lexemes[first].gap;
    if (separator != '-' && separator != '.' && separator != '/') return std::nullopt;
    if (lexemes[first + 1].gap != separator) return std::nullopt;
    const int a = small_number(word(first));
    const int b =
        lexemes[first + 1].is_digits() ? small_number(word(first + 1)) : month_of(word(first + 1));
    const std::string_view third = word(first + 2).substr(0, word(first + 2).find_first_of("Tt"));
    const int c = small_number(third);
    if (a < 0 || b <= 0 || c < 0) return std::nullopt;
    if (is_year(lexemes[first], a) && third.size() <= 2 && is_calendar_date(a, b, c)) {
      return time_after(first + 2);
    }
    if (lexemes[first].size() > 2 || third.size() != word(first + 2).size()) return std::nullopt;
    if (is_year(lexemes[first + 2], c)) {
      return is_day_and_month(a, b, c) ? std::optional(first + 2) : std::nullopt;
    }
    const bool short_year = third.size() == 2 && word(first + 1).size() >= 2 && separator != '-';
    return short_year && is_day_and_month(a, b, 1900 + c) ? std::optional(first + 2) : std::nullopt;
  }

  size_t time_after(size_t last) const {
    const std::vector<Lexeme>& lexemes = scan_.lexemes();
    size_t at = last;
    if (word(last).size() <= 2) {
      if (lexemes[last].gap != ' ' || !has(last + 2) || lexemes[last + 1].gap != ':') return last;
      at = last + 1;
    }
    if (lexemes[at].gap != ':') return last;
    while (has(at + 1) && (lexemes[at].gap == ':' || lexemes[at].gap == '.') &&
           lexemes[at + 1].size() <= 7 && lexemes[at + 1].has_digit()) {
      ++at;
    }
    return at;
  }

  // 12 March 2024, 12. März 2024, 3 de mayo de 1985, 3rd of May 1985.
  std::optional<size_t> day_month_year(size_t first) const {
    const int day = small_number(word(first));
    if (day < 1 || day > 31) return std::nullopt;
    size_t at = first + 1;
    if (!has(at) || !close(at)) return std::nullopt;
    if (word(at) == "de" || word(at) == "of") ++at;
    if (!has(at) || !close(at)) return std::nullopt;
    const int month = month_of(word(at));
    if (month == 0) return std::nullopt;
    ++at;
    if (has(at) && (word(at) == "de" || word(at) == "del")) ++at;
    return year_at(at, day, month);
  }

  // March 12, 2024.
  std::optional<size_t> month_day_year(size_t first) const {
    if (!has(first + 1) || !scan_.lexemes()[first + 1].has_digit()) return std::nullopt;
    const int month = month_of(word(first));
    if (month == 0 || !close(first + 1)) return std::nullopt;
    const int day = small_number(word(first + 1));
    if (day < 1 || day > 31) return std::nullopt;
    return year_at(first + 2, day, month);
  }

  std::optional<size_t> year_at(size_t at, int day, int month) const {
    if (!has(at) || !close(at)) return std::nullopt;
    const int year = small_number(word(at));
    if (!is_year(scan_.lexemes()[at], year) || !is_calendar_date(year, month, day)) {
      return std::nullopt;
    }
    return at;
  }

  const ScannedText& scan_;
};

class DateDetector final : public Detector {
 public:
  std::string_view name() const override { return "dates"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    const DateReader reader(scan);
    for (size_t i = 0; i < lexemes.size(); ++i) {
      const auto last = reader.last_word(i);
      if (!last) continue;
      const size_t begin = lexemes[i].begin;
      const size_t end = lexemes[*last].end;
      if (!scan.stands_alone(begin, end, kCueBirth)) continue;
      const bool birth = scan.has_cue_before(kCueBirth, begin, 32);
      findings.push_back(
          {birth ? PiiType::kDateOfBirth : PiiType::kDate, begin, end, birth ? 0.95 : 0.86});
      i = *last;
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Detector> make_date_detector() { return std::make_unique<DateDetector>(); }

}  // namespace ganglion

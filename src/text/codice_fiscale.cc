// The Italian tax code (Decreto ministeriale 23 dicembre 1976).
#include <array>

#include "text/identifier.h"

namespace ganglion {
namespace {

// Values of 0-9 (and A-J) at odd positions, then of K-Z.
constexpr std::array<uint8_t, 26> kOddValues = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                                20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
// What each character of the code may be: L letter, N digit or its omocodia letter, M month.
constexpr std::string_view kShape = "LLLLLLNNMNNLNNN";
constexpr std::string_view kOmocodiaLetters = "LMNPQRSTUV";  // stand for 0 to 9
constexpr std::string_view kMonthLetters = "ABCDEHLMPRST";

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digit that `c` stands for, -1 when it stands for none.
int numeral(char c) {
  if (is_digit(c)) return c - '0';
  const size_t index = kOmocodiaLetters.find(c);
  return index == std::string_view::npos ? -1 : static_cast<int>(index);
}

bool matches(char c, char shape) {
  if (shape == 'L') return is_letter(c);
  if (shape == 'N') return numeral(c) >= 0;
  return kMonthLetters.find(c) != std::string_view::npos;
}

}  // namespace

char codice_fiscale_check_letter(std::string_view payload) {
  uint32_t sum = 0;
  for (size_t i = 0; i < payload.size(); ++i) {
    const char c = payload[i];
    if (!is_letter(c) && !is_digit(c)) return '\0';
    const auto index = static_cast<uint32_t>(is_letter(c) ? c - 'A' : c - '0');
    sum += i % 2 == 0 ? kOddValues[index] : index;
  }
  return static_cast<char>('A' + sum % 26);
}

bool is_it_codice_fiscale(std::string_view compact) {
  if (compact.size() != 16) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (!matches(compact[i], kShape[i])) return false;
  }
  const int day = numeral(compact[9]) * 10 + numeral(compact[10]);  // women: day + 40
  const bool real_day = (day >= 1 && day <= 31) || (day >= 41 && day <= 71);
  return real_day && compact[15] == codice_fiscale_check_letter(compact.substr(0, 15));
}

}  // namespace ganglion

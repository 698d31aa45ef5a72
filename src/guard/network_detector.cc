// IP addresses (v4 dotted, v6 as inet_pton reads it) and MAC addresses.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "guard/detector.h"

namespace ganglion {
namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

bool is_hex_word(std::string_view word) { return std::all_of(word.begin(), word.end(), is_hex); }

// "0" to "255" without leading zeros.
bool is_octet(std::string_view word) {
  if (word.empty() || word.size() > 3 || (word.size() > 1 && word[0] == '0')) return false;
  int value = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value <= 255;
}

// The number of words from `first` that are joined by `separator`, at most `limit`.
size_t joined_count(const std::vector<Lexeme>& lexemes, size_t first, char separator,
                    size_t limit) {
  size_t count = 1;
  while (count < limit && first + count < lexemes.size() &&
         lexemes[first + count - 1].gap == separator) {
    ++count;
  }
  return count;
}

void find_ipv4(const ScannedText& scan, size_t first, std::vector<Finding>& findings) {
  const std::vector<Lexeme>& lexemes = scan.lexemes();
  if (joined_count(lexemes, first, '.', 5) < 4) return;
  for (size_t i = first; i < first + 4; ++i) {
    if (!is_octet(scan.word(lexemes[i]))) return;
  }
  const size_t begin = lexemes[first].begin;
  const size_t end = lexemes[first + 3].end;
  const std::string_view text = scan.text();
  if (begin > 0 && text[begin - 1] == '.') return;
  if (end + 1 < text.size() && text[end] == '.' && text[end + 1] >= '0' && text[end + 1] <= '9') {
    return;
  }
  if (scan.has_cue_before(kCueVersion, begin, 16)) return;
  findings.push_back({PiiType::kIpAddress, begin, end, 0.95});
}

// [begin, end) is a maximal run of hex digits, ':' and '.' with at least two ':'.
void check_ipv6(std::string_view text, size_t begin, size_t end, std::vector<Finding>& findings) {
  // A full stop or a single colon behind the address belongs to the sentence.
  const auto ends_sentence = [&] {
    if (text[end - 1] == '.') return true;
    return text[end - 1] == ':' && (end - begin < 2 || text[end - 2] != ':');
  };
  while (end > begin && ends_sentence()) --end;
  constexpr size_t kMaxText = 45;
  if (end - begin < 4 || end - begin > kMaxText) return;
  const std::string_view run = text.substr(begin, end - begin);
  if (run.find_first_of("0123456789") == std::string_view::npos) return;
  std::array<char, kMaxText + 1> terminated{};
  std::copy(run.begin(), run.end(), terminated.begin());
  in6_addr address{};
  if (inet_pton(AF_INET6, terminated.data(), &address) != 1) return;
  findings.push_back({PiiType::kIpAddress, begin, end, 0.97});
}

void find_ipv6(std::string_view text, std::vector<Finding>& findings) {
  const auto in_run = [](char c) { return is_hex(c) || c == ':' || c == '.'; };
  size_t done = 0;
  for (size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', std::max(done, colon + 1))) {
    size_t begin = colon;
    while (begin > done && is_hex(text[begin - 1])) --begin;
    size_t end = colon;
    while (end < text.size() && in_run(text[end])) ++end;
    done = end;
    const auto colons = std::count(text.begin() + static_cast<ptrdiff_t>(begin),
                                   text.begin() + static_cast<ptrdiff_t>(end), ':');
    const auto is_word = [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; };
    const bool cut_word = (begin > 0 && (is_word(text[begin - 1]) || text[begin - 1] == '_')) ||
                          (end < text.size() && is_word(text[end]));
    if (colons >= 2 && !cut_word) check_ipv6(text, begin, end, findings);
  }
}

void find_mac(const ScannedText& scan, size_t first, std::vector<Finding>& findings) {
  const std::vector<Lexeme>& lexemes = scan.lexemes();
  const char separator = lexemes[first].gap;
  const bool dotted = separator == '.';
  if (!dotted && separator != ':' && separator != '-') return;
  const size_t groups = dotted ? 3 : 6;
  const size_t digits = dotted ? 4 : 2;
  if (joined_count(lexemes, first, separator, groups + 1) != groups) return;
  bool has_digit = false;
  for (size_t i = first; i < first + groups; ++i) {
    const std::string_view word = scan.word(lexemes[i]);
    if (word.size() != digits || !is_hex_word(word)) return;
    has_digit = has_digit || lexemes[i].has_digit();
  }
  if (first > 0 && lexemes[first - 1].gap == separator) return;
  if (!has_digit) return;
  findings.push_back(
      {PiiType::kMacAddress, lexemes[first].begin, lexemes[first + groups - 1].end, 0.97});
}

class NetworkDetector final : public Detector {
 public:
  std::string_view name() const override { return "network addresses"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    for (size_t i = 0; i < lexemes.size(); ++i) {
      if (lexemes[i].size() <= 3 && lexemes[i].is_digits() && lexemes[i].gap == '.') {
        find_ipv4(scan, i, findings);
      }
      if (lexemes[i].size() == 2 || lexemes[i].size() == 4) find_mac(scan, i, findings);
    }
    find_ipv6(scan.text(), findings);
    return {};
  }
};

}  // namespace

std::unique_ptr<Detector> make_network_detector() { return std::make_unique<NetworkDetector>(); }

}  // namespace ganglion

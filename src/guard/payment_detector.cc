// Payment cards, IBANs and Bitcoin addresses: check digits strong enough to stand without a cue.
#include <algorithm>
#include <array>

#include "guard/detector.h"
#include "text/identifier.h"

namespace ganglion {
namespace {

constexpr size_t kMaxCardDigits = 19;
constexpr size_t kMaxCardGroups = 6;
constexpr size_t kMaxIbanCharacters = 34;

bool is_card_separator(char gap) { return gap == ' ' || gap == '-' || gap == '.'; }

class CardDetector final : public Detector {
 public:
  std::string_view name() const override { return "payment cards"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    for (size_t i = 0; i < lexemes.size();) {
      const size_t next = lexemes[i].is_digits() ? longest_card(scan, i, findings) : i;
      i = std::max(next, i + 1);
    }
    return {};
  }

 private:
  // Adds the longest card that starts at word `first`; returns the word after it, or `first`.
  static size_t longest_card(const ScannedText& scan, size_t first,
                             std::vector<Finding>& findings) {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    std::array<char, kMaxCardDigits> digits{};
    size_t size = 0;
    size_t after_card = first;
    const char separator = lexemes[first].gap;
    for (size_t i = first; i < lexemes.size() && i < first + kMaxCardGroups; ++i) {
      const Lexeme& lexeme = lexemes[i];
      if (!lexeme.is_digits() || size + lexeme.size() > kMaxCardDigits) break;
      std::copy_n(scan.word(lexeme).begin(), lexeme.size(), digits.begin() + size);
      size += lexeme.size();
      const bool grouped = i != first;
      if (is_payment_card({digits.data(), size}) && has_card_groups(lexemes, first, i) &&
          scan.stands_alone(lexemes[first].begin, lexeme.end, kCueCard)) {
        after_card = accept(scan, first, i, grouped, findings) ? i + 1 : after_card;
      }
      if (lexeme.gap != separator || !is_card_separator(separator)) break;
    }
    return after_card;
  }

  // Printed cards have groups of 4 to 7 digits (the last of 1 to 7: 4-4-4-4-3, 4-6-5, 4-4-4-1).
  static bool has_card_groups(const std::vector<Lexeme>& lexemes, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      if (lexemes[i].size() < 4) return false;
    }
    return true;
  }

  // Whether another group of four stands before or after: a part of an IBAN or a longer number.
  // After a card that a cue names, such a group is something else (a year).
  static bool continues(const std::vector<Lexeme>& lexemes, size_t first, size_t last, bool own) {
    const char separator = lexemes[first].gap;
    const auto is_group = [](const Lexeme& lexeme) {
      return lexeme.has_digit() && lexeme.size() == 4;
    };
    const bool before =
        first > 0 && lexemes[first - 1].gap == separator && is_group(lexemes[first - 1]);
    const bool after =
        last + 1 < lexemes.size() && lexemes[last].gap == separator && is_group(lexemes[last + 1]);
    return before || (after && !own);
  }

  static bool accept(const ScannedText& scan, size_t first, size_t last, bool grouped,
                     std::vector<Finding>& findings) {
    const size_t begin = scan.lexemes()[first].begin;
    const size_t end = scan.lexemes()[last].end;
    const Evidence evidence = scan.evidence(kCueCard, begin, end);
    const bool own = evidence == Evidence::kOwn;
    if (grouped && continues(scan.lexemes(), first, last, own)) return false;
    const bool usual_length = end - begin >= 14;  // Maestro and old Visa: 12, 13 digits
    if (!own && !grouped && !usual_length) return false;
    // Leaking a card costs more than masking an order number that happens to look like one (2 to
    // 3 % of random 16-digit numbers do): only an unformatted number that is explicitly labelled as
    // something else is let go.
    if (evidence == Evidence::kReference && !grouped && scan.is_labelled_reference(begin)) {
      return false;
    }
    findings.push_back({PiiType::kCreditCard, begin, end, !own ? 0.9 : usual_length ? 0.99 : 0.95});
    return true;
  }
};

char to_upper(char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); }

class IbanDetector final : public Detector {
 public:
  std::string_view name() const override { return "IBAN"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    for (size_t i = 0; i < lexemes.size(); ++i) {
      const std::string_view word = scan.word(lexemes[i]);
      if (word.size() < 2 || !lexemes[i].is_ascii() || !lexemes[i].has_letter()) continue;
      const std::array<char, 2> country = {to_upper(word[0]), to_upper(word[1])};
      const size_t length = iban_length({country.data(), 2});
      if (length != 0) gather(scan, i, length, findings);
    }
    return {};
  }

 private:
  // Adds groups up to exactly `length` characters.
  static void gather(const ScannedText& scan, size_t first, size_t length,
                     std::vector<Finding>& findings) {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    std::array<char, kMaxIbanCharacters> compact{};
    size_t size = 0;
    const char separator = lexemes[first].gap;
    for (size_t i = first; i < lexemes.size(); ++i) {
      const Lexeme& lexeme = lexemes[i];
      if (!lexeme.is_ascii() || size + lexeme.size() > length) return;
      for (const char c : scan.word(lexeme)) compact[size++] = to_upper(c);
      if (size >= 4 && (compact[2] < '0' || compact[2] > '9')) return;
      if (size == length) break;
      if (lexeme.gap != separator || (separator != ' ' && separator != '-' && separator != '.')) {
        return;
      }
    }
    if (size != length || !is_iban({compact.data(), size})) return;
    const size_t begin = lexemes[first].begin;
    findings.push_back({PiiType::kIban, begin, end_of(scan, first, length), 0.99});
  }

  // The end of the word with the last of `length` characters counted from word `first`.
  static size_t end_of(const ScannedText& scan, size_t first, size_t length) {
    size_t size = 0;
    for (size_t i = first;; ++i) {
      size += scan.lexemes()[i].size();
      if (size >= length) return scan.lexemes()[i].end;
    }
  }
};

class BitcoinDetector final : public Detector {
 public:
  std::string_view name() const override { return "Bitcoin addresses"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    for (const Lexeme& lexeme : scan.lexemes()) {
      if (lexeme.size() < 14 || lexeme.size() > 90 || !lexeme.is_ascii() || !lexeme.has_digit()) {
        continue;
      }
      if (is_bitcoin_address(scan.word(lexeme))) {
        findings.push_back({PiiType::kBitcoinAddress, lexeme.begin, lexeme.end, 0.99});
      }
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Detector> make_card_detector() { return std::make_unique<CardDetector>(); }
std::unique_ptr<Detector> make_iban_detector() { return std::make_unique<IbanDetector>(); }
std::unique_ptr<Detector> make_bitcoin_detector() { return std::make_unique<BitcoinDetector>(); }

}  // namespace ganglion

// E-mail addresses (RFC 5321 without quoted local parts, and international ones) and URLs.
#include <algorithm>
#include <array>

#include "guard/detector.h"

namespace ganglion {
namespace {

constexpr size_t kMaxLocalBytes = 64;  // RFC 5321, 4.5.3.1
constexpr size_t kMaxDomainBytes = 255;

bool is_alphanumeric(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

bool is_local_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("._%+-!#$&'*/=?^`{|}~").find(c) != std::string_view::npos;
}

// Characters that may stand in a local part but not at its start, where they are mostly syntax.
bool is_wrapping(char c) {
  return std::string_view(".'`{|}/=?#$&*!^~-").find(c) != std::string_view::npos;
}

// The end of the domain that starts at `begin`, or `begin` when there is none with a dot and a
// top-level name of two letters or more.
size_t domain_end(std::string_view text, size_t begin) {
  size_t end = begin;
  size_t last_dot = begin;
  const size_t limit = std::min(text.size(), begin + kMaxDomainBytes);
  while (end < limit && (is_alphanumeric(text[end]) || text[end] == '-' || text[end] == '.')) {
    if (text[end] == '.') {
      if (end == begin || end + 1 >= limit || !is_alphanumeric(text[end + 1])) break;
      last_dot = end;
    }
    ++end;
  }
  while (end > begin && text[end - 1] == '-') --end;
  if (last_dot == begin || end < last_dot + 3) return begin;
  const std::string_view top = text.substr(last_dot + 1, end - last_dot - 1);
  const bool has_digit = top.find_first_of("0123456789") != std::string_view::npos;
  return has_digit && top.substr(0, 4) != "xn--" ? begin : end;
}

void find_email(std::string_view text, size_t at, std::vector<Finding>& findings) {
  size_t begin = at;
  while (begin > 0 && at - begin < kMaxLocalBytes && is_local_character(text[begin - 1])) --begin;
  while (begin < at && is_wrapping(text[begin])) ++begin;
  // A three-byte dash or quotation mark (U+2000 to U+206F) is no part of a name.
  const size_t mark = text.substr(begin, at - begin).rfind("\xE2\x80");
  if (mark != std::string_view::npos) begin += std::min(mark + 3, at - begin);
  const size_t end = domain_end(text, at + 1);
  if (begin == at || end == at + 1) return;
  findings.push_back({PiiType::kEmail, begin, end, 0.99});
}

bool ends_url(char c) {
  return static_cast<unsigned char>(c) <= ' ' ||
         std::string_view("<>\"`{}|\\^").find(c) != std::string_view::npos;
}

// The end of the URL, without the punctuation of the sentence around it.
size_t url_end(std::string_view text, size_t begin) {
  size_t end = begin;
  size_t open_brackets = 0;
  while (end < text.size() && !ends_url(text[end])) {
    if (text[end] == '(' || text[end] == '[') ++open_brackets;
    if (text[end] == ')' || text[end] == ']') {
      if (open_brackets == 0) break;
      --open_brackets;
    }
    ++end;
  }
  while (end > begin &&
         std::string_view(".,;:!?'*_").find(text[end - 1]) != std::string_view::npos) {
    --end;
  }
  return end;
}

constexpr std::array<std::string_view, 12> kSchemes = {"http",  "https",   "ftp",      "ftps",
                                                       "sftp",  "ssh",     "postgres", "postgresql",
                                                       "mysql", "mongodb", "redis",    "amqp"};

bool is_scheme(std::string_view word) {
  char folded[16];
  const size_t size = fold_word(word, folded, sizeof folded);
  return std::find(kSchemes.begin(), kSchemes.end(), std::string_view(folded, size)) !=
         kSchemes.end();
}

bool is_www(std::string_view word) {
  return word.size() == 3 && (word[0] | 32) == 'w' && (word[1] | 32) == 'w' &&
         (word[2] | 32) == 'w';
}

class ContactDetector final : public Detector {
 public:
  std::string_view name() const override { return "e-mail addresses and URLs"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::string_view text = scan.text();
    for (size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
      find_email(text, at, findings);
    }
    size_t after_url = 0;
    for (const Lexeme& lexeme : scan.lexemes()) {
      if (lexeme.begin < after_url || lexeme.size() > 10) continue;
      const size_t rest = url_rest(scan, lexeme);
      if (rest == 0) continue;
      const size_t end = url_end(text, rest);
      if (end < rest + 3) continue;
      findings.push_back({PiiType::kUrl, lexeme.begin, end, 0.95});
      after_url = end;
    }
    return {};
  }

 private:
  // Where the part after "https://" or "www." starts; 0 when `lexeme` starts no URL.
  static size_t url_rest(const ScannedText& scan, const Lexeme& lexeme) {
    const std::string_view text = scan.text();
    if (text.substr(lexeme.end, 3) == "://") {
      return is_scheme(scan.word(lexeme)) ? lexeme.end + 3 : 0;
    }
    return lexeme.gap == '.' && is_www(scan.word(lexeme)) ? lexeme.end + 1 : 0;
  }
};

}  // namespace

std::unique_ptr<Detector> make_contact_detector() { return std::make_unique<ContactDetector>(); }

}  // namespace ganglion

// Values that only their name gives away: api_key=…, password: …, aws_secret_access_key = ….
// A key must look random (entropy); a password may be anything.
#include <algorithm>
#include <array>
#include <cmath>

#include "guard/detector.h"

namespace ganglion {
namespace {

constexpr size_t kMaxValueBytes = 512;

bool is_key_character(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '+' || c == '/' ||
         c == '_' || c == '-' || c == '=' || c == '.' || c == '~';
}

// Shannon entropy of the characters, bits a character.
double entropy_bits(std::string_view value) {
  std::array<uint32_t, 256> counts{};
  for (const char c : value) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const uint32_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(value.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

// Random keys of 16 characters and more have 3.2 bits or more; words and placeholders less, or no
// digit among the letters.
bool looks_like_key(std::string_view value) {
  if (value.size() < 12) return false;
  const bool digit = value.find_first_of("0123456789") != std::string_view::npos;
  return digit && entropy_bits(value) >= (value.size() < 20 ? 2.9 : 3.2);
}

bool is_aws_secret(std::string_view value) {
  const bool form = std::all_of(value.begin(), value.end(), [](char c) {
    return is_key_character(c) && c != '_' && c != '-' && c != '.' && c != '~';
  });
  return form && value.size() == 40 && entropy_bits(value) >= 3.5;
}

// Where the value starts that "name" before `at` is given: after = or : (with quotes, "=>"), or
// after the words "is" and "ist"; 0 when nothing is given.
size_t value_begin(std::string_view text, size_t at, bool allow_is) {
  size_t i = at;
  const auto skip = [&](std::string_view characters) {
    while (i < text.size() && characters.find(text[i]) != std::string_view::npos) ++i;
  };
  skip("\"'` ]");
  if (i < text.size() && (text[i] == '=' || text[i] == ':')) {
    ++i;
    if (text.substr(i, 1) == "=" || text.substr(i, 1) == ">") ++i;
  } else if (allow_is && (text.substr(i, 3) == "is " || text.substr(i, 3) == "es ")) {
    i += 3;
  } else if (allow_is && (text.substr(i, 4) == "ist " || text.substr(i, 4) == "est ")) {
    i += 4;
  } else {
    return 0;
  }
  skip(" \"'`");
  return i < text.size() && text[i] != '\n' ? i : 0;
}

size_t key_end(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() && end - begin < kMaxValueBytes && is_key_character(text[end])) ++end;
  while (end > begin && text[end - 1] == '.') --end;
  return end;
}

size_t password_end(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() &&
         end - begin<kMaxValueBytes&& static_cast<unsigned char>(text[end])> ' ' &&
         text[end] != '"' && text[end] != '\'') {
    ++end;
  }
  while (end > begin && std::string_view(".,;)").find(text[end - 1]) != std::string_view::npos)
    --end;
  return end;
}

// "password: required" and "password is wrong" name no password.
bool is_password(std::string_view value, bool assigned) {
  if (value.size() < 4) return false;
  const bool letters_only = std::all_of(value.begin(), value.end(), [](char c) {
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || static_cast<unsigned char>(c) >= 0x80;
  });
  return assigned ? !letters_only || value.size() >= 6 : !letters_only;
}

class CredentialDetector final : public Detector {
 public:
  std::string_view name() const override { return "named credentials"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    for (const CueHit& cue : scan.cues()) {
      if ((cue.mask & kCueSecret) != 0) find_key(scan.text(), cue.end, findings);
      if ((cue.mask & kCuePassword) != 0) find_password(scan.text(), cue.end, findings);
    }
    return {};
  }

 private:
  static void find_key(std::string_view text, size_t at, std::vector<Finding>& findings) {
    size_t begin = value_begin(text, at, true);
    // "Authorization: Bearer <token>" and "Bearer <token>".
    if (begin == 0 && at < text.size() && text[at] == ' ') begin = at + 1;
    if (begin == 0) return;
    const size_t end = key_end(text, begin);
    const std::string_view value = text.substr(begin, end - begin);
    if (is_aws_secret(value)) {
      findings.push_back({PiiType::kAwsSecretKey, begin, end, 0.97});
    } else if (looks_like_key(value)) {
      findings.push_back({PiiType::kApiKey, begin, end, 0.9});
    }
  }

  static void find_password(std::string_view text, size_t at, std::vector<Finding>& findings) {
    const size_t begin = value_begin(text, at, true);
    if (begin == 0) return;
    const std::string_view between = text.substr(at, begin - at);
    const bool assigned = between.find_first_of("=:") != std::string_view::npos;
    const size_t end = password_end(text, begin);
    if (!is_password(text.substr(begin, end - begin), assigned)) return;
    findings.push_back({PiiType::kPassword, begin, end, 0.88});
  }
};

}  // namespace

std::unique_ptr<Detector> make_credential_detector() {
  return std::make_unique<CredentialDetector>();
}

}  // namespace ganglion

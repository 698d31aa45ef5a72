// Secrets with a recognisable form: provider tokens by prefix, JWTs by their decoded header, PEM
// private keys. Named values without a form are the credential detector's.
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "guard/detector.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct TokenForm {
  std::string_view prefix;
  PiiType type;
  size_t min_rest;  // characters after the prefix
  size_t max_rest;
  std::string_view extra;  // allowed besides letters and digits
};

constexpr size_t kAny = 512;

// The longest matching prefix first where one holds another.
constexpr std::array kTokenForms = {
    TokenForm{"AKIA", PiiType::kAwsAccessKey, 16, 16, ""},
    TokenForm{"ASIA", PiiType::kAwsAccessKey, 16, 16, ""},
    TokenForm{"ghp_", PiiType::kGithubToken, 36, 255, ""},
    TokenForm{"gho_", PiiType::kGithubToken, 36, 255, ""},
    TokenForm{"ghu_", PiiType::kGithubToken, 36, 255, ""},
    TokenForm{"ghs_", PiiType::kGithubToken, 36, 255, ""},
    TokenForm{"ghr_", PiiType::kGithubToken, 36, 255, ""},
    TokenForm{"github_pat_", PiiType::kGithubToken, 22, 255, "_"},
    TokenForm{"xoxb-", PiiType::kSlackToken, 10, 255, "-"},
    TokenForm{"xoxa-", PiiType::kSlackToken, 10, 255, "-"},
    TokenForm{"xoxp-", PiiType::kSlackToken, 10, 255, "-"},
    TokenForm{"xoxr-", PiiType::kSlackToken, 10, 255, "-"},
    TokenForm{"xoxs-", PiiType::kSlackToken, 10, 255, "-"},
    TokenForm{"xapp-", PiiType::kSlackToken, 10, 255, "-"},
    TokenForm{"sk_live_", PiiType::kStripeKey, 16, 255, ""},
    TokenForm{"sk_test_", PiiType::kStripeKey, 16, 255, ""},
    TokenForm{"rk_live_", PiiType::kStripeKey, 16, 255, ""},
    TokenForm{"rk_test_", PiiType::kStripeKey, 16, 255, ""},
    TokenForm{"pk_live_", PiiType::kStripeKey, 16, 255, ""},
    TokenForm{"pk_test_", PiiType::kStripeKey, 16, 255, ""},
    TokenForm{"whsec_", PiiType::kStripeKey, 24, 255, "+/="},
    TokenForm{"sk-", PiiType::kApiKey, 20, kAny, "-_"},
    TokenForm{"AIza", PiiType::kApiKey, 35, 35, "-_"},
    TokenForm{"ya29.", PiiType::kApiKey, 20, kAny, "-_."},
    TokenForm{"glpat-", PiiType::kApiKey, 20, 255, "-_."},
    TokenForm{"npm_", PiiType::kApiKey, 36, 36, ""},
    TokenForm{"pypi-", PiiType::kApiKey, 50, kAny, "-_"},
    TokenForm{"hf_", PiiType::kApiKey, 30, 64, ""},
    TokenForm{"SG.", PiiType::kApiKey, 60, 80, "-_."},
    TokenForm{"dop_v1_", PiiType::kApiKey, 64, 64, ""},
    TokenForm{"shpat_", PiiType::kApiKey, 32, 32, ""},
    TokenForm{"lin_api_", PiiType::kApiKey, 32, 64, ""},
    TokenForm{"sq0csp-", PiiType::kApiKey, 40, 64, "-_"},
    TokenForm{"EAAA", PiiType::kApiKey, 60, 64, "-_"},
};

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

// At most `limit` characters: a hostile run of prefixes must not be scanned again and again.
size_t run_end(std::string_view text, size_t begin, std::string_view extra, size_t limit) {
  size_t end = begin;
  while (end < text.size() && end - begin < limit &&
         (is_alphanumeric(text[end]) || extra.find(text[end]) != std::string_view::npos)) {
    ++end;
  }
  // Punctuation that may be inside a token ends a sentence after it.
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return end;
}

// Tokens are random: letters only, or words joined by dashes ("sk-learn-style-…"), are not.
bool looks_random(std::string_view rest) {
  const auto digits =
      std::count_if(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits > 0;
}

void find_token(std::string_view text, size_t begin, std::vector<Finding>& findings) {
  for (const TokenForm& form : kTokenForms) {
    if (text[begin] != form.prefix[0] || text.substr(begin, form.prefix.size()) != form.prefix) {
      continue;
    }
    const size_t rest = begin + form.prefix.size();
    const size_t end = run_end(text, rest, form.extra, form.max_rest + 1);
    if (end - rest < form.min_rest || end - rest > form.max_rest) continue;
    if (!looks_random(text.substr(rest, end - rest))) continue;
    findings.push_back({form.type, begin, end, 0.99});
    return;
  }
}

// Base64url without padding; empty when it is not.
std::string decode_base64url(std::string_view text) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  const size_t padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::string decoded(padded.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                   reinterpret_cast<const unsigned char*>(padded.data()),
                                   static_cast<int>(padded.size()));
  if (size < static_cast<int>(padding)) return {};
  decoded.resize(static_cast<size_t>(size) - padding);
  return decoded;
}

constexpr size_t kMaxJwtPartBytes = 8192;

// header.payload.signature, the header a JSON object with "alg" (RFC 7519).
void find_jwt(std::string_view text, size_t begin, std::vector<Finding>& findings) {
  constexpr size_t kMaxHeaderBytes = 1024;
  const size_t header_end = run_end(text, begin, "-_", kMaxHeaderBytes);
  if (header_end >= text.size() || text[header_end] != '.') return;
  const size_t payload_end = run_end(text, header_end + 1, "-_", kMaxJwtPartBytes);
  if (payload_end < header_end + 4) return;
  const auto header =
      parse_json(decode_base64url(text.substr(begin, header_end - begin)), "JWT header");
  if (!header.ok() || !header->is_object() || !header->as_object().contains("alg")) return;
  const bool is_signed = payload_end < text.size() && text[payload_end] == '.';
  const size_t end =
      is_signed ? run_end(text, payload_end + 1, "-_", kMaxJwtPartBytes) : payload_end;
  findings.push_back({PiiType::kJwt, begin, end, 0.99});
}

// From "-----BEGIN … PRIVATE KEY-----" to the end line, or to the end of the text without one.
void find_private_keys(std::string_view text, std::vector<Finding>& findings) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr size_t kMaxLabel = 40;
  size_t at = text.find(kBegin);
  while (at != std::string_view::npos) {
    const size_t label = at + kBegin.size();
    const std::string_view head = text.substr(label, kMaxLabel);
    const std::string_view name = head.substr(0, head.find("-----"));
    size_t next = label;
    if (name.find("PRIVATE KEY") != std::string_view::npos) {
      const size_t footer = text.find("-----END ", label);
      const size_t closed =
          footer == std::string_view::npos ? footer : text.find("-----", footer + 9);
      next = closed == std::string_view::npos ? text.size() : closed + 5;
      findings.push_back({PiiType::kPrivateKey, at, next, 0.99});
    }
    at = text.find(kBegin, next);
  }
}

class SecretDetector final : public Detector {
 public:
  std::string_view name() const override { return "secrets"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::string_view text = scan.text();
    for (const Lexeme& lexeme : scan.lexemes()) {
      if (!lexeme.is_ascii() || lexeme.is_digits() || lexeme.size() < 2) continue;
      if (lexeme.begin > 0 && text[lexeme.begin - 1] == '_') continue;
      find_token(text, lexeme.begin, findings);
      if (scan.word(lexeme).substr(0, 3) == "eyJ") find_jwt(text, lexeme.begin, findings);
    }
    find_private_keys(text, findings);
    return {};
  }
};

}  // namespace

std::unique_ptr<Detector> make_secret_detector() { return std::make_unique<SecretDetector>(); }

}  // namespace ganglion

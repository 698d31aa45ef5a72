#include "guard/synthetic/secrets.h"

#include <string_view>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr std::string_view kUpperDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kAlphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

std::string random_text(std::string_view alphabet, size_t count, Rng& rng) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text.push_back(alphabet[rng.below(alphabet.size())]);
  return text;
}

// The last is a digit, so that no sample lacks one.
std::string random_key(size_t count, Rng& rng) {
  return random_text(kAlphanumeric, count - 1, rng) + static_cast<char>('0' + rng.below(10));
}

}  // namespace

std::string synthetic_secret(PiiType type, Rng& rng) {
  switch (type) {
    case PiiType::kPrivateKey:
      return "-----BEGIN RSA PRIVATE KEY-----\n" + random_key(64, rng) + "\n" +
             random_key(40, rng) + "\n-----END RSA PRIVATE KEY-----";
    case PiiType::kJwt:
      // {"alg":"HS256","typ":"JWT"}
      return "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ" + random_key(40, rng) + "." +
             random_key(43, rng);
    case PiiType::kAwsAccessKey:
      return "AKIA" + random_text(kUpperDigits, 15, rng) + "7";
    case PiiType::kAwsSecretKey:
      return random_key(20, rng) + "/" + random_key(19, rng);
    case PiiType::kGithubToken:
      return (rng.below(2) == 0 ? "ghp_" : "gho_") + random_key(36, rng);
    case PiiType::kSlackToken:
      return "xoxb-" + random_text("0123456789", 11, rng) + "-" + random_key(24, rng);
    case PiiType::kStripeKey:
      return (rng.below(2) == 0 ? "sk_live_" : "rk_test_") + random_key(24, rng);
    case PiiType::kApiKey:
      return rng.below(2) == 0 ? "sk-proj-" + random_key(40, rng) : "AIza" + random_key(35, rng);
    case PiiType::kPassword:
      return random_key(7, rng) + "!";
    default:
      GANGLION_ASSERT(false);
  }
  return {};
}

}  // namespace ganglion

#include "guard/synthetic/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/check.h"
#include "guard/synthetic/identifiers.h"
#include "guard/synthetic/secrets.h"

namespace ganglion {
namespace {

std::string pick(std::span<const std::string_view> choices, Rng& rng) {
  return std::string(choices[rng.below(choices.size())]);
}

std::string email(Rng& rng) {
  constexpr std::array<std::string_view, 8> kLocal = {
      "kestrel", "m.oduya", "info", "ruth-ann", "b_wren", "oliveira3", "sales", "qadir+shop"};
  constexpr std::array<std::string_view, 6> kDomain = {"mail.example",    "example.co.uk",
                                                       "post.example.de", "firma-x.example",
                                                       "example.travel",  "sub.dept.example.org"};
  return pick(kLocal, rng) + std::to_string(rng.below(90)) + "@" + pick(kDomain, rng);
}

std::string url(Rng& rng) {
  constexpr std::array<std::string_view, 5> kStart = {"https://", "http://", "https://www.", "www.",
                                                      "HTTPS://"};
  constexpr std::array<std::string_view, 4> kPath = {"/r/{}", "/account?id={}", "/a/b#s{}",
                                                     "/{}.pdf"};
  return pick(kStart, rng) + "shop.example" + std::to_string(rng.below(50)) + ".org" +
         fmt::format(fmt::runtime(kPath[rng.below(kPath.size())]), random_digits(4, rng));
}

std::string ip_address(Rng& rng) {
  if (rng.below(3) != 0) {
    return fmt::format("{}.{}.{}.{}", 1 + rng.below(223), rng.below(256), rng.below(256),
                       1 + rng.below(254));
  }
  return fmt::format("2001:db8:{:x}::{:x}:{:x}", rng.below(65536), rng.below(65536),
                     1 + rng.below(65535));
}

std::string mac_address(Rng& rng) {
  const char separator = rng.below(2) == 0 ? ':' : '-';
  std::string mac = fmt::format("{:02x}", 16 * rng.below(10) + rng.below(16));
  for (int i = 0; i < 5; ++i) mac += fmt::format("{}{:02x}", separator, rng.below(256));
  if (separator == '-') std::transform(mac.begin(), mac.end(), mac.begin(), ::toupper);
  return mac;
}

std::string phone(Rng& rng) {
  const auto d = [&rng](size_t count) { return random_digits(count, rng); };
  switch (rng.below(9)) {
    case 0:
      return fmt::format("+1 {}-{}-{}", 200 + rng.below(790), 200 + rng.below(790), d(4));
    case 1:
      return fmt::format("({}) {}-{}", 200 + rng.below(790), 200 + rng.below(790), d(4));
    case 2:
      return fmt::format("{}.{}.{}", 200 + rng.below(790), 200 + rng.below(790), d(4));
    case 3:
      return fmt::format("+49 {} {}", 30 + rng.below(900), d(7));
    case 4:
      return fmt::format("0{}/{}", 151 + rng.below(28), d(8));
    case 5:
      return fmt::format("+33 {} {} {} {} {}", 1 + rng.below(7), d(2), d(2), d(2), d(2));
    case 6:
      return fmt::format("0{} {} {} {} {}", 1 + rng.below(7), d(2), d(2), d(2), d(2));
    case 7:
      return fmt::format("+34 {} {} {}", 600 + rng.below(190), d(3), d(3));
    default:
      return fmt::format("020 7{} {}", d(3), d(4));
  }
}

std::string date(Rng& rng) {
  const uint64_t day = 1 + rng.below(28);
  const uint64_t month = 1 + rng.below(12);
  const uint64_t year = 1930 + rng.below(96);
  constexpr std::array<std::string_view, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  switch (rng.below(5)) {
    case 0:
      return fmt::format("{}-{:02}-{:02}", year, month, day);
    case 1:
      return fmt::format("{:02}.{:02}.{}", day, month, year);
    case 2:
      return fmt::format("{}/{}/{}", month, day, year);
    case 3:
      return fmt::format("{} {} {}", day, kMonths[month - 1], year);
    default:
      return fmt::format("{} {}, {}", kMonths[month - 1], day, year);
  }
}

}  // namespace

std::string random_digits(size_t count, Rng& rng) {
  std::string digits;
  for (size_t i = 0; i < count; ++i) {
    digits.push_back(static_cast<char>(i == 0 ? '1' + rng.below(9) : '0' + rng.below(10)));
  }
  return digits;
}

std::string synthetic_value(PiiType type, bool formatted, Rng& rng) {
  switch (type) {
    case PiiType::kEmail:
      return email(rng);
    case PiiType::kUrl:
      return url(rng);
    case PiiType::kIpAddress:
      return ip_address(rng);
    case PiiType::kMacAddress:
      return mac_address(rng);
    case PiiType::kPhone:
      return phone(rng);
    case PiiType::kDate:
    case PiiType::kDateOfBirth:
      return date(rng);
    default:
      break;
  }
  if (type <= PiiType::kPassword) return synthetic_secret(type, rng);
  GANGLION_ASSERT(type <= PiiType::kNlBsn);
  return write_identifier(type, synthetic_identifier(type, rng), formatted, rng);
}

std::string synthetic_wrong_value(PiiType type, Rng& rng) {
  return write_identifier(type, wrong_identifier(type, rng), rng.below(2) == 0, rng);
}

}  // namespace ganglion

#include "text/unicode.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/check.h"

namespace ganglion {
namespace {

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char byte) { return (byte & 0x80) != 0; });
}

icu::UnicodeString to_icu(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string normalize(const icu::Normalizer2* normalizer, UErrorCode status,
                      std::string_view text) {
  GANGLION_ASSERT(U_SUCCESS(status));
  const icu::UnicodeString normalized = normalizer->normalize(to_icu(text), status);
  GANGLION_ASSERT(U_SUCCESS(status));
  std::string result;
  return normalized.toUTF8String(result);
}

uint32_t category_mask(char32_t code_point) {
  return U_GET_GC_MASK(static_cast<UChar32>(code_point));
}

}  // namespace

std::string nfd(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFDInstance(status);
  return normalize(normalizer, status, text);
}

std::string nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFCInstance(status);
  return normalize(normalizer, status, text);
}

std::u32string decompose_code_point(char32_t code_point) {
  static const icu::Normalizer2* const kNormalizer = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = icu::Normalizer2::getNFDInstance(status);
    GANGLION_ASSERT(U_SUCCESS(status));
    return normalizer;
  }();
  icu::UnicodeString decomposed;
  if (code_point < 0xC0 ||
      !kNormalizer->getDecomposition(static_cast<UChar32>(code_point), decomposed)) {
    return std::u32string(1, code_point);
  }
  std::u32string result;
  for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    result += static_cast<char32_t>(decomposed.char32At(i));
  }
  return result;
}

std::string to_lower(std::string_view text) {
  std::string result;
  if (is_ascii(text)) {
    result.assign(text);
    for (char& c : result) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    return result;
  }
  return to_icu(text).toLower(icu::Locale::getRoot()).toUTF8String(result);
}

std::string to_upper(std::string_view text) {
  std::string result;
  if (is_ascii(text)) {
    result.assign(text);
    for (char& c : result) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
    return result;
  }
  return to_icu(text).toUpper(icu::Locale::getRoot()).toUTF8String(result);
}

bool is_letter(char32_t code_point) { return (category_mask(code_point) & U_GC_L_MASK) != 0; }
bool is_number(char32_t code_point) { return (category_mask(code_point) & U_GC_N_MASK) != 0; }
bool is_punctuation(char32_t code_point) { return (category_mask(code_point) & U_GC_P_MASK) != 0; }
bool is_space(char32_t code_point) { return u_isUWhiteSpace(static_cast<UChar32>(code_point)); }
bool is_control(char32_t code_point) {
  return (category_mask(code_point) &
          (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK)) != 0;
}
bool is_nonspacing_mark(char32_t code_point) {
  return (category_mask(code_point) & U_GC_MN_MASK) != 0;
}
bool is_upper(char32_t code_point) { return u_isupper(static_cast<UChar32>(code_point)); }
char32_t lower_code_point(char32_t code_point) {
  return static_cast<char32_t>(u_tolower(static_cast<UChar32>(code_point)));
}

std::vector<std::pair<char32_t, char32_t>> code_points_of_category(std::string_view name) {
  const std::string terminated(name);
  const int32_t mask = u_getPropertyValueEnum(UCHAR_GENERAL_CATEGORY_MASK, terminated.c_str());
  if (mask == UCHAR_INVALID_CODE) return {};
  // ICU overlooks case, spaces and underscores; a name has to be exact.
  bool is_exact = false;
  for (const auto kind : {U_SHORT_PROPERTY_NAME, U_LONG_PROPERTY_NAME}) {
    const char* exact = u_getPropertyValueName(UCHAR_GENERAL_CATEGORY_MASK, mask, kind);
    is_exact |= exact != nullptr && exact == name;
  }
  if (!is_exact) return {};
  struct Search {
    uint32_t mask;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };
  Search search{static_cast<uint32_t>(mask), {}};
  u_enumCharTypes(
      [](const void* context, UChar32 start, UChar32 limit, UCharCategory category) -> UBool {
        auto& found = *static_cast<Search*>(const_cast<void*>(context));
        if ((U_MASK(category) & found.mask) == 0) return true;
        const auto first = static_cast<char32_t>(start);
        const auto last = static_cast<char32_t>(limit - 1);
        if (!found.ranges.empty() && found.ranges.back().second + 1 == first) {
          found.ranges.back().second = last;
        } else {
          found.ranges.emplace_back(first, last);
        }
        return true;
      },
      &search);
  return std::move(search.ranges);
}

}  // namespace ganglion

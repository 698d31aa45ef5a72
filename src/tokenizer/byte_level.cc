#include "tokenizer/byte_level.h"

#include <array>

#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr bool is_spelt_by_itself(uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr char32_t kFirstSubstitute = 0x100;

constexpr std::array<char32_t, 256> char_of_byte() {
  std::array<char32_t, 256> table = {};
  char32_t next = kFirstSubstitute;
  for (uint32_t byte = 0; byte < 256; ++byte)
    table[byte] = is_spelt_by_itself(byte) ? byte : next++;
  return table;
}

constexpr std::array<char32_t, 256> kCharOfByte = char_of_byte();

// The byte that `c` stands for, or -1.
int byte_of_char(char32_t c) {
  if (c < kFirstSubstitute) return is_spelt_by_itself(c) ? static_cast<int>(c) : -1;
  for (size_t byte = 0; byte < 256; ++byte) {
    if (kCharOfByte[byte] == c) return static_cast<int>(byte);
  }
  return -1;
}

constexpr char32_t kEndSubstitutes = kFirstSubstitute + 68;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void append_byte_level(std::string& text, uint8_t byte) { append_utf8(text, kCharOfByte[byte]); }

std::optional<std::string> bytes_of_byte_level(std::string_view token) {
  static const std::array<int, kEndSubstitutes> kByteOfChar = [] {
    std::array<int, kEndSubstitutes> table = {};
    for (char32_t c = 0; c < kEndSubstitutes; ++c) table[c] = byte_of_char(c);
    return table;
  }();
  std::string bytes;
  bytes.reserve(token.size());
  for (size_t i = 0; i < token.size();) {
    const DecodedCodePoint c = decode_utf8(token, i);
    const int byte = c.value < kEndSubstitutes ? kByteOfChar[c.value] : -1;
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
    i += c.num_bytes;
  }
  return bytes;
}

std::optional<uint8_t> byte_of_hex_token(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
  const int high = hex_digit(token[3]);
  const int low = hex_digit(token[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<uint8_t>(16 * high + low);
}

}  // namespace ganglion

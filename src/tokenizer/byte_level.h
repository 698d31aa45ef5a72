// How byte-level vocabularies spell bytes: each as one printable character (the space as "Ġ").
// Source: GPT-2's encoder.py (bytes_to_unicode).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ganglion {

// Appends the character that stands for `byte`.
void append_byte_level(std::string& text, uint8_t byte);

// The bytes that `token` spells; nothing when one of its characters stands for no byte.
std::optional<std::string> bytes_of_byte_level(std::string_view token);

// <0x0A> → 10: how SentencePiece vocabularies spell bytes. Nothing when it is no such token.
std::optional<uint8_t> byte_of_hex_token(std::string_view token);

}  // namespace ganglion

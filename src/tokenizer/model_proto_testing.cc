#include "tokenizer/model_proto_testing.h"

#include <cstring>
#include <string_view>

namespace ganglion {
namespace {

// All lengths and numbers of these files fit one byte of a varint.
std::string length_delimited(int field, std::string_view bytes) {
  std::string text;
  text += static_cast<char>(field << 3 | 2);
  text += static_cast<char>(bytes.size());
  return text.append(bytes);
}

std::string number(int field, int value) {
  std::string text;
  if (field >= 16) {
    text += static_cast<char>(static_cast<unsigned char>((field << 3 & 0x7F) | 0x80));
    text += static_cast<char>(field >> 4);
  } else {
    text += static_cast<char>(field << 3);
  }
  text += static_cast<char>(value);
  return text;
}

std::string piece(std::string_view spelled, float score, int kind) {
  std::string message = length_delimited(1, spelled);
  std::string bytes(sizeof(score), '\0');
  std::memcpy(bytes.data(), &score, sizeof(score));
  message += static_cast<char>(2 << 3 | 5);  // 32 bits
  message += bytes;
  message += number(3, kind);
  return length_delimited(1, message);
}

}  // namespace

std::string model_proto(const ModelProto& model) {
  std::string bytes = piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) +
                      piece("a", -1, 1) + piece("\u2581a", -2, 1);
  bytes += length_delimited(2, number(3, model.is_unigram ? 1 : 2));
  bytes += length_delimited(3, number(4, model.squeezes_spaces ? 1 : 0));
  return bytes;
}

}  // namespace ganglion

#include "guard/sealed_bytes.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

namespace ganglion {
namespace {

constexpr std::string_view kHeader("GNGLSEAL\x01", 9);
constexpr size_t kTagBytes = 16;
constexpr size_t kOverhead = kHeader.size() + std::tuple_size_v<SealingNonce> + kTagBytes;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 32);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool read_hex(std::string_view text, SealingKey& key) {
  for (size_t i = 0; i < key.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    key[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return true;
}

// 44 characters of base64 with one '='.
bool read_base64(std::string_view text, SealingKey& key) {
  std::array<uint8_t, 33> decoded{};
  const int size = EVP_DecodeBlock(decoded.data(), bytes_of(text), static_cast<int>(text.size()));
  if (size != 33 || text[43] != '=' || text[42] == '=') return false;
  std::copy_n(decoded.begin(), key.size(), key.begin());
  return true;
}

Error cipher_failure() { return fail(ErrorCode::kUnsupported, "AES-256-GCM failed in OpenSSL"); }

}  // namespace

Result<SealingKey> parse_sealing_key(std::string_view text, std::string_view source_name) {
  const std::string_view trimmed = trim(text);
  SealingKey key{};
  if (trimmed.size() == 64 && read_hex(trimmed, key)) return key;
  if (trimmed.size() == 44 && read_base64(trimmed, key)) return key;
  return fail(ErrorCode::kInvalidArgument,
              "{}: expected a key of 32 bytes as 64 hexadecimal or 44 base64 characters, found {} "
              "characters; make one with: openssl rand -hex 32",
              source_name, trimmed.size());
}

Result<SealingNonce> random_sealing_nonce() {
  SealingNonce nonce{};
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) {
    return fail(ErrorCode::kUnavailable, "the operating system gives no random bytes");
  }
  return nonce;
}

Result<std::string> seal(std::string_view plain, const SealingKey& key, const SealingNonce& nonce) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string sealed(kHeader);
  sealed.append(nonce.begin(), nonce.end());
  const size_t start = sealed.size();
  sealed.resize(start + plain.size() + kTagBytes);
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data()) + start;
  int size = 0;
  const bool done =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) ==
          1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(kHeader),
                        static_cast<int>(kHeader.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), out, &size, bytes_of(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plain.size()) == 1;
  if (!done) return cipher_failure();
  return sealed;
}

Result<std::string> unseal(std::string_view sealed, const SealingKey& key) {
  if (sealed.size() < kOverhead || sealed.substr(0, kHeader.size()) != kHeader) {
    return fail(ErrorCode::kMalformed,
                "no sealed file: expected it to begin with GNGLSEAL, version 1");
  }
  const std::string_view nonce = sealed.substr(kHeader.size(), std::tuple_size_v<SealingNonce>);
  const std::string_view cipher =
      sealed.substr(kHeader.size() + nonce.size(), sealed.size() - kOverhead);
  std::array<uint8_t, kTagBytes> tag{};
  std::copy_n(sealed.end() - kTagBytes, kTagBytes, tag.begin());
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string plain(cipher.size() + 1, '\0');  // one byte more: never a null pointer
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  int size = 0;
  const bool begun =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), bytes_of(nonce)) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(kHeader),
                        static_cast<int>(kHeader.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out, &size, bytes_of(cipher),
                        static_cast<int>(cipher.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1;
  if (!begun) return cipher_failure();
  if (EVP_DecryptFinal_ex(context.get(), out + size, &size) != 1) {
    return fail(ErrorCode::kDenied, "wrong key, or the file was changed: the tag does not match");
  }
  plain.resize(cipher.size());
  return plain;
}

}  // namespace ganglion

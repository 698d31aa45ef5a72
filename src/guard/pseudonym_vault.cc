#include "guard/pseudonym_vault.h"

#include "base/file.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr int64_t kVersion = 1;

Status read_conversation(const json::value& stored, std::string_view id, Pseudonyms& pseudonyms) {
  if (!stored.is_object()) {
    return fail(ErrorCode::kMalformed, "conversation \"{}\" is not an object", id);
  }
  for (const auto& pair : stored.get_object()) {
    const bool taken = pair.value().is_string() &&
                       pseudonyms.adopt(pair.key(), std::string_view(pair.value().get_string()));
    if (!taken) {
      return fail(ErrorCode::kMalformed,
                  "conversation \"{}\": \"{}\" is not a pseudonym with a value", id,
                  std::string_view(pair.key()));
    }
  }
  return {};
}

}  // namespace

Result<PseudonymVault> PseudonymVault::open(const std::filesystem::path& path,
                                            const SealingKey& key) {
  PseudonymVault vault;
  const auto sealed = read_file(path);
  if (!sealed.ok() && sealed.error().code == ErrorCode::kNotFound) return vault;
  if (!sealed.ok()) return sealed.error();
  const auto plain = unseal(*sealed, key);
  if (!plain.ok()) return at_place(path.string(), plain.error());
  GANGLION_ASSIGN(const json::value stored, parse_json(*plain, path.string()));
  if (!stored.is_object()) return fail(ErrorCode::kMalformed, "{}: not an object", path.string());
  GANGLION_ASSIGN(const int64_t version, json_integer(stored.get_object(), "version"));
  if (version != kVersion) {
    return fail(ErrorCode::kUnsupported, "{}: version {}, expected {}", path.string(), version,
                kVersion);
  }
  GANGLION_ASSIGN(const json::object* const conversations,
                  json_object(stored.get_object(), "conversations"));
  for (const auto& entry : *conversations) {
    const Status status =
        read_conversation(entry.value(), entry.key(), vault.conversation(entry.key()));
    if (!status.ok()) return at_place(path.string(), status.error());
  }
  return vault;
}

Pseudonyms& PseudonymVault::conversation(std::string_view id) {
  const auto entry = conversations_.find(id);
  if (entry != conversations_.end()) return entry->second;
  return conversations_.emplace(std::string(id), Pseudonyms()).first->second;
}

const Pseudonyms* PseudonymVault::find(std::string_view id) const {
  const auto entry = conversations_.find(id);
  return entry == conversations_.end() ? nullptr : &entry->second;
}

Status PseudonymVault::save(const std::filesystem::path& path, const SealingKey& key,
                            const SealingNonce& nonce) const {
  json::object conversations;
  for (const auto& [id, pseudonyms] : conversations_) {
    json::object values;
    for (const auto& [token, value] : pseudonyms.values()) values.emplace(token, value);
    conversations.emplace(id, std::move(values));
  }
  const json::value stored = {{"version", kVersion}, {"conversations", std::move(conversations)}};
  GANGLION_ASSIGN(const std::string sealed, seal(json::serialize(stored), key, nonce));
  return write_file_atomic(path, sealed);
}

}  // namespace ganglion

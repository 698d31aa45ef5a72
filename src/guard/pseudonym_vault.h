// The pseudonyms of many conversations, kept in one encrypted file.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "guard/pseudonyms.h"
#include "guard/sealed_bytes.h"

namespace ganglion {

// The file is sealed JSON {"version": 1, "conversations": {ID: {TOKEN: VALUE}}}; the plain form
// never touches the disk. Not thread-safe; one writer at a time.
class PseudonymVault {
 public:
  // A missing file is an empty vault. kDenied: wrong key or a changed file; kMalformed.
  static Result<PseudonymVault> open(const std::filesystem::path& path, const SealingKey& key);

  // Made when it is not there. The reference stays valid.
  Pseudonyms& conversation(std::string_view id);
  // nullptr when there is none.
  const Pseudonyms* find(std::string_view id) const;

  // Replaces the file durably, all or nothing. `nonce` must be fresh.
  Status save(const std::filesystem::path& path, const SealingKey& key,
              const SealingNonce& nonce) const;

 private:
  std::map<std::string, Pseudonyms, std::less<>> conversations_;
};

}  // namespace ganglion

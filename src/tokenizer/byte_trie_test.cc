#include "tokenizer/byte_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/rng.h"

namespace ganglion {
namespace {

TEST(ByteTrie, FindsExactlyItsKeys) {
  Rng rng(7);
  std::map<std::string, int32_t> keys;
  for (int32_t i = 0; i < 3000; ++i) {
    std::string key;
    const size_t size = 1 + rng.below(6);
    // Few letters make long shared prefixes, all bytes make wide nodes.
    for (size_t j = 0; j < size; ++j) {
      key += static_cast<char>(i % 2 == 0 ? 'a' + rng.below(5) : rng.below(256));
    }
    keys[key] = i;
  }
  const std::vector<std::pair<std::string_view, int32_t>> entries(keys.begin(), keys.end());
  const ByteTrie trie(entries);
  for (const auto& [key, value] : keys) {
    EXPECT_EQ(trie.find(key), value);
    for (const std::string& other : {key + "a", key.substr(1), key + key}) {
      const auto found = keys.find(other);
      EXPECT_EQ(trie.find(other), found == keys.end() ? ByteTrie::kNoValue : found->second);
    }
  }
}

TEST(ByteTrie, EmptyAndRepeatedKeys) {
  EXPECT_EQ(ByteTrie().find("a"), ByteTrie::kNoValue);
  EXPECT_EQ(ByteTrie().find(""), ByteTrie::kNoValue);
  const ByteTrie trie({{"ab", 1}, {"", 5}, {"ab", 2}});
  EXPECT_EQ(trie.find("ab"), 2);
  EXPECT_EQ(trie.find(""), 5);
  EXPECT_EQ(trie.find("a"), ByteTrie::kNoValue);
}

}  // namespace
}  // namespace ganglion

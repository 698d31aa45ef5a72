#include "guard/pseudonym_vault.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"

namespace ganglion {
namespace {

SealingKey test_key(uint8_t first = 1) {
  SealingKey key{};
  key[0] = first;
  return key;
}

class VaultTest : public testing::Test {
 protected:
  VaultTest()
      : path_(std::filesystem::path(testing::TempDir()) /
              ("vault_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    std::filesystem::remove(path_);
  }
  ~VaultTest() override { std::filesystem::remove(path_); }

  const std::filesystem::path path_;
};

TEST_F(VaultTest, KeepsConversationsApartAndOverRestarts) {
  auto vault = PseudonymVault::open(path_, test_key());
  ASSERT_TRUE(vault.ok()) << vault.error().message;
  vault->conversation("a").token_for(PiiType::kEmail, "x@a.example");
  vault->conversation("b").token_for(PiiType::kEmail, "x@b.example");
  ASSERT_TRUE(vault->save(path_, test_key(), {}).ok());

  auto again = PseudonymVault::open(path_, test_key());
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->conversation("a").restore("[EMAIL_1]"), "x@a.example");
  EXPECT_EQ(again->conversation("b").restore("[EMAIL_1]"), "x@b.example");
  EXPECT_EQ(again->conversation("a").token_for(PiiType::kEmail, "x@a.example"), "[EMAIL_1]");
  EXPECT_EQ(again->conversation("a").token_for(PiiType::kEmail, "other"), "[EMAIL_2]");
  EXPECT_EQ(again->find("c"), nullptr);
}

TEST_F(VaultTest, NeverWritesPlainValues) {
  PseudonymVault vault;
  vault.conversation("secret-id").token_for(PiiType::kEmail, "ann@example.org");
  ASSERT_TRUE(vault.save(path_, test_key(), {}).ok());
  const auto bytes = read_file(path_);
  ASSERT_TRUE(bytes.ok());
  for (const char* plain : {"ann@", "example", "EMAIL", "secret-id", "conversations"}) {
    EXPECT_EQ(bytes->find(plain), std::string::npos) << plain;
  }
}

TEST_F(VaultTest, EveryChangedByteIsFound) {
  PseudonymVault vault;
  vault.conversation("a").token_for(PiiType::kEmail, "ann@example.org");
  ASSERT_TRUE(vault.save(path_, test_key(), {}).ok());
  const std::string bytes = read_file(path_).value();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(changed, test_key()).ok()) << i;
    EXPECT_FALSE(unseal(bytes.substr(0, i), test_key()).ok()) << i;
  }
  EXPECT_FALSE(unseal(bytes + "x", test_key()).ok());
  ASSERT_TRUE(write_file_atomic(path_, bytes.substr(0, bytes.size() - 1)).ok());
  const auto opened = PseudonymVault::open(path_, test_key());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kDenied);
  EXPECT_NE(opened.error().message.find(path_.string()), std::string::npos);
}

TEST_F(VaultTest, AnotherKeyOpensNothing) {
  ASSERT_TRUE(PseudonymVault().save(path_, test_key(1), {}).ok());
  EXPECT_TRUE(PseudonymVault::open(path_, test_key(1)).ok());
  EXPECT_EQ(PseudonymVault::open(path_, test_key(2)).error().code, ErrorCode::kDenied);
}

// NIST's GCM specification, test case 14 has no additional data; ours has, so only the round trip
// and the size are checked here.
TEST(SealedBytes, RoundTrip) {
  for (const std::string& plain : {std::string(), std::string("x"), std::string(100000, 'y')}) {
    const auto sealed = seal(plain, test_key(), {});
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(sealed->size(), plain.size() + 37);
    EXPECT_EQ(unseal(*sealed, test_key()).value(), plain);
  }
  EXPECT_EQ(unseal("not sealed at all, but long enough to be", test_key()).error().code,
            ErrorCode::kMalformed);
}

TEST(SealedBytes, ReadsKeys) {
  const std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
  const std::string base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  ASSERT_TRUE(parse_sealing_key(hex, "k").ok());
  EXPECT_EQ(parse_sealing_key(hex + "\n", "k").value()[31], 31);
  EXPECT_EQ(parse_sealing_key(hex, "k").value(), parse_sealing_key(" " + base64, "k").value());
  for (const std::string& bad : {std::string(), hex.substr(1), hex + "0", "z" + hex.substr(1),
                                 base64.substr(0, 43), "*" + base64.substr(1)}) {
    const auto key = parse_sealing_key(bad, "key.txt");
    ASSERT_FALSE(key.ok()) << bad;
    EXPECT_NE(key.error().message.find("key.txt"), std::string::npos);
    EXPECT_TRUE(bad.empty() || key.error().message.find(bad) == std::string::npos);
  }
}

}  // namespace
}  // namespace ganglion

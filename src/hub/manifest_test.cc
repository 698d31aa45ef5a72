#include "hub/manifest.h"

#include <gtest/gtest.h>

#include "hub/byte_size.h"
#include "hub/registry_manifest.h"

namespace ganglion {
namespace {

const std::string kDigest(64, 'a');

TEST(Manifest, ReadsWhatItWrites) {
  const Manifest manifest{"m:q4_0",
                          "hf:o/n",
                          "c0ffee",
                          "Q4_0",
                          "b.gguf",
                          1'795'181'000'385'905,
                          {{"a/x.json", 7, kDigest}, {"b.gguf", 5'000'000'000, kDigest}}};
  const auto read = parse_manifest(manifest_json(manifest), "m.json");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(manifest_json(*read), manifest_json(manifest));
  EXPECT_EQ(read->size(), 5'000'000'007U);
  EXPECT_EQ(utc_minute_text(manifest.pulled_at_us), "2026-11-20 13:23");
}

TEST(Manifest, RefusesWhatCannotBe) {
  const auto manifest_with = [](const std::string& files, const std::string& main,
                                const std::string& name = "m", const std::string& version = "1") {
    return R"({"version":)" + version + R"(,"name":")" + name +
           R"(","source":"s","revision":"","type":"","main":")" + main +
           R"(","pulled_at_us":1,"files":)" + files + "}";
  };
  const auto file = [](const std::string& path) {
    return R"({"path":")" + path + R"(","size":1,"sha256":")" + kDigest + R"("})";
  };
  EXPECT_TRUE(parse_manifest(manifest_with("[" + file("a") + "]", "a"), "m").ok());
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), manifest_with("[]", ""),
        manifest_with("7", ""), manifest_with("[7]", ""),
        manifest_with("[" + file("../a") + "]", ""), manifest_with("[" + file("a") + "]", "b"),
        manifest_with("[" + file("b") + "," + file("a") + "]", ""),
        manifest_with("[" + file("a") + "," + file("a") + "]", ""),
        manifest_with(R"([{"path":"a","size":-1,"sha256":")" + kDigest + R"("}])", ""),
        manifest_with(R"([{"path":"a","size":1,"sha256":"../../x"}])", ""),
        manifest_with("[" + file("a") + "]", "", "../m"),
        manifest_with("[" + file("a") + "]", "", "m", "2")}) {
    const auto read = parse_manifest(text, "m.json");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_NE(read.error().message.find("m.json"), std::string::npos) << read.error().message;
  }
}

std::string layer(const std::string& kind, const std::string& digest = "sha256:" + kDigest) {
  return R"({"mediaType":"application/vnd.ollama.image.)" + kind + R"(","digest":")" + digest +
         R"(","size":9})";
}

TEST(RegistryManifest, NamesTheLayers) {
  const auto layers = parse_registry_manifest(
      R"({"schemaVersion":2,"layers":[)" + layer("model") + "," + layer("license") + "," +
          layer("license") + "," + layer("template") + "," + layer("unheard-of") + "]}",
      "m");
  ASSERT_TRUE(layers.ok()) << layers.error().message;
  std::string paths;
  for (const RegistryLayer& found : *layers) paths += found.path + " ";
  EXPECT_EQ(paths, "model.gguf license.txt license-2.txt template.txt ");
  EXPECT_EQ(layers->front().sha256, kDigest);
  EXPECT_EQ(layers->front().size, 9U);
}

TEST(RegistryManifest, RefusesOtherThings) {
  std::string many = layer("model");
  for (int i = 0; i < 64; ++i) many += "," + layer("license");
  for (const std::string& layers :
       {std::string("7"), std::string("[7]"), std::string("[]"), "[" + layer("template") + "]",
        "[" + layer("model") + "," + layer("model") + "]", "[" + layer("model", "sha256:12") + "]",
        "[" + layer("model", "md5:" + kDigest) + "]", "[" + many + "]"}) {
    const auto parsed = parse_registry_manifest(R"({"layers":)" + layers + "}", "there");
    ASSERT_FALSE(parsed.ok()) << layers;
    EXPECT_NE(parsed.error().message.find("there"), std::string::npos);
  }
}

TEST(ByteSize, ReadsLikeTheHubsSizes) {
  EXPECT_EQ(byte_size_text(0), "0 B");
  EXPECT_EQ(byte_size_text(999), "999 B");
  EXPECT_EQ(byte_size_text(1'000), "1 kB");
  EXPECT_EQ(byte_size_text(999'499), "999 kB");
  EXPECT_EQ(byte_size_text(1'004'000), "1 MB");
  EXPECT_EQ(byte_size_text(4'920'000'000), "4.92 GB");
  EXPECT_EQ(byte_size_text(1'234'000'000'000), "1.234 TB");
}

}  // namespace
}  // namespace ganglion

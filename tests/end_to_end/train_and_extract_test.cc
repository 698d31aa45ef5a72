// ganglion train tagger and ganglion extract as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "program.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

std::string in_folder(const std::string& name) {
  return testing::TempDir() + "/train_and_extract_" + name;
}

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

class TrainAndExtract : public testing::Test {
 protected:
  void SetUp() override {
    const char* const binary = std::getenv("GANGLION_BINARY");
    if (binary == nullptr) GTEST_SKIP() << "GANGLION_BINARY does not name the program";
    binary_ = binary;
  }

  Outcome run(const std::string& arguments) const {
    const std::string command = "'" + binary_ + "' " + arguments + " 2>&1";
    return run_in_shell(command);
  }

  std::string binary_;
};

TEST_F(TrainAndExtract, ATaggerTrainedOnAFileFindsNewValues) {
  std::string rows;
  for (const std::string city : {"Rome", "Paris", "Oslo", "Lima", "Bern", "Kyiv"}) {
    for (const std::string start : {"deliver to ", "please send it to "}) {
      rows += R"({"text":")" + start + city + R"( today","spans":[{"start":)" +
              std::to_string(start.size()) + R"(,"end":)" +
              std::to_string(start.size() + city.size()) + R"(,"type":"city"}]})" + "\n";
    }
  }
  write(in_folder("train.jsonl"), rows);
  const std::string model = in_folder("city.gguf");
  const Outcome trained = run("train tagger --quiet --json --data " + in_folder("train.jsonl") +
                              " --validation " + in_folder("train.jsonl") + " --out " + model);
  ASSERT_EQ(trained.exit_code, 0) << trained.output;
  EXPECT_THAT(trained.output, HasSubstr(R"("types":["city"])"));
  write(in_folder("schema.json"), R"({"type":"object","properties":{"city":{"type":"string"},)"
                                  R"("order":{"type":"string","pattern":"^ORD-\\d+$"}}})");
  write(in_folder("in.jsonl"), "{\"id\":7,\"text\":\"deliver to Quito today, ORD-12\"}\n");
  const Outcome found = run("extract --schema " + in_folder("schema.json") + " --tagger " + model +
                            " --input " + in_folder("in.jsonl"));
  EXPECT_EQ(found.exit_code, 0);
  EXPECT_THAT(found.output,
              HasSubstr(R"({"id":7,"fields":{"city":"Quito","order":"ORD-12"},"values":[)"));
}

TEST_F(TrainAndExtract, BadInputsEndInAMessage) {
  write(in_folder("bad.jsonl"), "{\"text\":\"a\",\"spans\":[]}\n{\"text\":\"a\"}\n");
  const Outcome row = run("train tagger --data " + in_folder("bad.jsonl") + " --out /dev/null");
  EXPECT_EQ(row.exit_code, 1);
  EXPECT_THAT(row.output, HasSubstr("bad.jsonl:2: member \"spans\" is missing"));
  write(in_folder("bad.json"), R"({"type":"object","properties":{"a":{"type":"string"}}})");
  const Outcome schema = run("extract --schema " + in_folder("bad.json") + " --text x");
  EXPECT_EQ(schema.exit_code, 1);
  EXPECT_THAT(schema.output, HasSubstr("#/properties/a: nothing can find \"a\""));
  write(in_folder("model.gguf"), "GGUF?");
  const Outcome model = run("extract --schema " + in_folder("bad.json") + " --tagger " +
                            in_folder("model.gguf") + " --text x");
  EXPECT_EQ(model.exit_code, 1);
  EXPECT_THAT(model.output, HasSubstr("model.gguf"));
  EXPECT_EQ(run("extract").exit_code, 2);
}

}  // namespace
}  // namespace ganglion

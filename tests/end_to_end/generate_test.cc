// ganglion generate as a user runs it, on a real model of 260,000 parameters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/file.h"
#include "base/test_paths.h"
#include "program.h"
#include "text/json.h"

namespace ganglion {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Generate : public testing::Test {
 protected:
  void SetUp() override {
    const char* const binary = std::getenv("GANGLION_BINARY");
    if (binary == nullptr) GTEST_SKIP() << "GANGLION_BINARY does not name the program";
    const auto folder = shared_data_path("models/stories260K");
    if (!folder) GTEST_SKIP() << "models/stories260K is not among the data (GANGLION_DATA)";
    binary_ = binary;
    folder_ = folder->string();
  }

  // With what stands behind the command, such as a redirection.
  Outcome run(const std::string& arguments, const std::string& rest = "2>&1") const {
    const std::string command =
        "'" + binary_ + "' generate --model '" + model() + "' " + arguments + " " + rest;
    return run_in_shell(command);
  }
  json::object run_json(const std::string& arguments) const {
    const Outcome outcome = run(arguments + " --json --quiet");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return parse_json(outcome.output, "output").value().as_object();
  }
  std::string model() const { return folder_ + "/stories260K-f32.gguf"; }
  std::string golden() const { return read_file(folder_ + "/GOLDEN.txt").value(); }

  std::string binary_;
  std::string folder_;
};

TEST_F(Generate, WritesTheGoldenText) {
  for (const std::string type : {"f32", "f16"}) {
    const Outcome outcome =
        run("--prompt '' --temperature 0 --max-tokens 200 --cache-type " + type, "2> /dev/null");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.output, golden());
  }
}

TEST_F(Generate, GoesOnWithItsOwnText) {
  const std::string text = golden();
  const Outcome outcome =
      run("--prompt 'Once upon a time,' --temperature 0 --max-tokens 20", "2> /dev/null");
  EXPECT_THAT(
      text, StartsWith("Once upon a time," + outcome.output.substr(0, outcome.output.size() - 1)));
}

TEST_F(Generate, StopsBeforeAText) {
  const json::object result = run_json("--prompt '' --temperature 0 --stop 'big, red'");
  const std::string text(result.at("text").as_string());
  EXPECT_EQ(text, golden().substr(0, golden().find("big, red")));
  EXPECT_EQ(result.at("finish_reason"), "stop_string");
  EXPECT_EQ(result.at("stop_string"), "big, red");
}

TEST_F(Generate, GuessingChangesNothing) {
  std::string story = golden().substr(0, 300);
  std::erase(story, '\'');  // which would end the shell's argument
  const std::string prompt = "--prompt '" + story + " " + story.substr(0, 40) + "'";
  for (const std::string choice : {"--temperature 0", "--temperature 0.7 --seed 5"}) {
    const std::string arguments =
        prompt + " --max-tokens 100 --context-length 500 --logprobs 2 " + choice + " --speculate ";
    const json::object plain = run_json(arguments + "0");
    const json::object guessed = run_json(arguments + "8");
    EXPECT_EQ(guessed.at("text"), plain.at("text"));
    EXPECT_EQ(guessed.at("logprobs"), plain.at("logprobs"));
    EXPECT_EQ(guessed.at("timings").at("proposed_tokens"), 0);  // the model is too small
  }
}

TEST_F(Generate, TheSameSeedGivesTheSameText) {
  const std::string arguments = "--prompt 'One day' --max-tokens 40 --temperature 1.2 --seed ";
  const json::object first = run_json(arguments + "7");
  EXPECT_EQ(first.at("text"), run_json(arguments + "7 --threads 1").at("text"));
  EXPECT_NE(first.at("text"), run_json(arguments + "8").at("text"));
  EXPECT_EQ(first.at("seed"), 7);
}

TEST_F(Generate, LogprobsOfGreedyTokensAreTheBest) {
  const json::object result =
      run_json("--prompt 'Tom was' --temperature 0 --max-tokens 8 --logprobs 3");
  const json::array& logprobs = result.at("logprobs").as_array();
  ASSERT_EQ(logprobs.size(), 8U);
  for (size_t i = 0; i < logprobs.size(); ++i) {
    EXPECT_EQ(logprobs[i].at("id"), result.at("tokens").at(i));
    EXPECT_EQ(logprobs[i].at("top").as_array().size(), 3U);
    EXPECT_EQ(logprobs[i].at("top").at(0).at("id"), logprobs[i].at("id"));
    EXPECT_EQ(logprobs[i].at("top").at(0).at("logprob"), logprobs[i].at("logprob"));
  }
}

TEST_F(Generate, AFullContextIsNeverASilentCut) {
  const Outcome refused = run("--prompt 'One day' --context-length 16 --max-tokens 20");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("do not fit into the context of 16: ask for at most"));
  EXPECT_EQ(run_json("--prompt 'One day' --context-length 16 --temperature 0").at("finish_reason"),
            "context_full");
  const json::object shifted = run_json(
      "--prompt 'One day' --context-length 16 --temperature 0 --max-tokens 40 --context shift");
  EXPECT_EQ(shifted.at("tokens").as_array().size(), 40U);
  EXPECT_GT(shifted.at("forgotten_tokens").to_number<int>(), 0);
}

TEST_F(Generate, ErrorsSayWhatWouldWork) {
  const Outcome infill = run("--prompt a --suffix b");
  EXPECT_EQ(infill.exit_code, 1);
  EXPECT_THAT(infill.output, HasSubstr("its vocabulary has no tokenizer.ggml.fim_pre_token_id"));
  const Outcome bias = run("--prompt a --logit-bias 512=1");
  EXPECT_EQ(bias.exit_code, 1);
  EXPECT_THAT(bias.output, HasSubstr("token 512; this vocabulary has the tokens 0 to 511"));
  const Outcome cache = run("--prompt a --cache-type q8_0");  // its heads are of 8
  EXPECT_EQ(cache.exit_code, 1);
  EXPECT_THAT(cache.output, HasSubstr("f32.gguf: key/value cache: Q8_0 needs heads of a multiple"));
  const Outcome chat = run("--prompt a --chat");
  EXPECT_EQ(chat.exit_code, 1);
  EXPECT_THAT(chat.output, HasSubstr("template"));
  EXPECT_EQ(run("--prompt a --chat --special").exit_code, 2);
  EXPECT_EQ(run("--prompt a --template f").exit_code, 2);
  EXPECT_EQ(run("--prompt a --top-p 2").exit_code, 2);
  EXPECT_EQ(run("--prompt a --mirostat --top-k 3").exit_code, 2);
}

TEST_F(Generate, AChatPromptIsWhatTheTemplateMakesOfIt) {
  const std::string path = testing::TempDir() + "/generate_template.jinja";
  ASSERT_TRUE(
      write_file_atomic(path, "{{ bos_token }}{{ messages[0].content }} {{ messages[1].content }}")
          .ok());
  EXPECT_EQ(run_json("--chat --template " + path +
                     " --system 'Once upon' --prompt 'a time,' --temperature 0 --max-tokens 20")
                .at("text"),
            run_json("--prompt 'Once upon a time,' --temperature 0 --max-tokens 20").at("text"));
}

TEST_F(Generate, ReadsThePromptFromAPipe) {
  const std::string rest = "2> /dev/null < " + testing::TempDir() + "/generate_prompt.txt";
  ASSERT_TRUE(write_file_atomic(testing::TempDir() + "/generate_prompt.txt", "One day,\n").ok());
  EXPECT_EQ(run("--temperature 0 --max-tokens 10", rest).output,
            run("--prompt 'One day,' --temperature 0 --max-tokens 10", "2> /dev/null").output);
}

}  // namespace
}  // namespace ganglion

// generate and chat on a model that the test writes itself: adapters, tools, the Q8_0 cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "engine/fake_llama.h"
#include "formats/gguf.h"
#include "program.h"
#include "text/json.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

class SmallLlama : public testing::Test {
 protected:
  void SetUp() override {
    const char* const binary = std::getenv("GANGLION_BINARY");
    if (binary == nullptr) GTEST_SKIP() << "GANGLION_BINARY does not name the program";
    binary_ = binary;
    folder_ = std::filesystem::path(testing::TempDir()) / "small_llama";
    std::filesystem::create_directories(folder_);
    write(fake_llama(), "model.gguf");
  }

  void write(const GgufWriter& writer, const char* name) const {
    ASSERT_TRUE(writer.write(folder_ / name).ok());
  }
  std::string write(std::string_view text, const char* name) const {
    EXPECT_TRUE(write_file_atomic(folder_ / name, text).ok());
    return path(name);
  }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  Outcome run(const std::string& arguments, const std::string& input = "") const {
    const std::string command = "printf '" + input + "' | '" + binary_ + "' " + arguments + " 2>&1";
    return run_in_shell(command);
  }
  Outcome generate(const std::string& arguments) const {
    return run(
        "generate --quiet --temperature 0 --max-tokens 24 --ignore-end --prompt hello --model '" +
        path("model.gguf") + "' " + arguments);
  }
  json::array logprobs(const std::string& arguments) const {
    const Outcome outcome = generate(arguments + " --json --logprobs 0");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return parse_json(outcome.output, "output").value().at("logprobs").as_array();
  }

  std::string binary_;
  std::filesystem::path folder_;
};

TEST_F(SmallLlama, AnAdapterChangesTheText) {
  GgufWriter adapter = fake_adapter("llama");
  add_fake_factors(adapter, "blk.0.attn_q.weight", kFakeLlamaHidden, kFakeLlamaHidden);
  add_fake_factors(adapter, "blk.0.ffn_down.weight", kFakeLlamaHidden, kFakeLlamaInner);
  write(adapter, "adapter.gguf");
  const std::string option = "--adapter '" + path("adapter.gguf") + "'";
  const Outcome adapted = generate(option);
  EXPECT_EQ(adapted.exit_code, 0) << adapted.output;
  EXPECT_NE(adapted.output, generate("").output);
  EXPECT_EQ(adapted.output, generate(option).output);
  const std::string chat = "chat --quiet --temperature 0 --max-tokens 24 --ignore-end --model '" +
                           path("model.gguf") + "' --template '" +
                           write("{{ messages[0].content }}", "plain.jinja") + "' ";
  const Outcome talked = run(chat + option, "hello");
  EXPECT_EQ(talked.exit_code, 0) << talked.output;
  EXPECT_NE(talked.output, run(chat, "hello").output);
}

TEST_F(SmallLlama, AnAdapterForAnotherModelIsRefusedByName) {
  write(fake_adapter("qwen2"), "qwen2.gguf");
  const Outcome family = generate("--adapter '" + path("qwen2.gguf") + "'");
  EXPECT_EQ(family.exit_code, 1);
  EXPECT_THAT(family.output, HasSubstr("\"general.architecture\": expected llama"));
  GgufWriter wide = fake_adapter("llama");
  add_fake_factors(wide, "blk.0.attn_q.weight", 128, kFakeLlamaHidden);
  write(wide, "wide.gguf");
  const Outcome shape = generate("--adapter '" + path("wide.gguf") + "'");
  EXPECT_EQ(shape.exit_code, 1);
  EXPECT_THAT(shape.output, HasSubstr("\"blk.0.attn_q.weight\": expected shape [64, 64]"));
  EXPECT_THAT(shape.output, HasSubstr("the adapter was made for another model"));
  const Outcome missing = generate("--adapter nofile.gguf");
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.output, HasSubstr("nofile.gguf: cannot open"));
}

// Q8_0 rounds keys and values to 1/254 of the largest in a block of 32 (a relative error of at most
// 4e-3, F16's is 5e-4). One layer carries that to the log-probabilities without growing much: 0.05
// is ten times what it is of an element, and a cache that mixed up rows would be off by whole nats.
TEST_F(SmallLlama, TheQ8CacheStaysNearF16) {
  const json::array half = logprobs("--cache-type f16");
  const json::array eighth = logprobs("--cache-type q8_0");
  ASSERT_EQ(half.size(), 24U);
  ASSERT_EQ(eighth.size(), 24U);
  double worst = 0;
  for (size_t i = 0; i < half.size(); ++i) {
    EXPECT_EQ(half[i].at("id"), eighth[i].at("id"));
    worst = std::max(worst, std::abs(half[i].at("logprob").to_number<double>() -
                                     eighth[i].at("logprob").to_number<double>()));
  }
  EXPECT_LT(worst, 0.05);
  EXPECT_GT(worst, 0);  // it is another cache
}

TEST_F(SmallLlama, ClassifiesByItsLabels) {
  const auto classify = [&](const std::string& arguments) {
    return run("classify --model '" + path("model.gguf") + "' " + arguments);
  };
  const Outcome outcome = classify("--labels refund,track,rest --text 'my parcel' --json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  const json::value result = parse_json(outcome.output, "output").value();
  const json::array& top = result.at("top").as_array();
  ASSERT_EQ(top.size(), 3U);
  double sum = 0;
  for (const json::value& entry : top) sum += entry.at("probability").to_number<double>();
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_EQ(result.at("label"), top[0].at("label"));
  EXPECT_EQ(result.at("confidence"), top[0].at("probability"));
  const Outcome prompted = classify(
      "--labels refund,track,rest --prompt 'Is {text} about {labels}?' --text 'my parcel' --json");
  EXPECT_EQ(prompted.exit_code, 0) << prompted.output;
  EXPECT_NE(parse_json(prompted.output, "output").value().at("confidence"),
            result.at("confidence"));
  const Outcome unprompted = classify("--labels refund,track --prompt 'Label:' --text x");
  EXPECT_EQ(unprompted.exit_code, 2);
  EXPECT_THAT(unprompted.output, HasSubstr("the prompt has to hold {text} once"));
  const Outcome alone = classify("--labels refund --text x");
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.output, HasSubstr("expected at least two labels, found 1"));
  const Outcome unlabelled = classify("--text x");
  EXPECT_EQ(unlabelled.exit_code, 2);
  EXPECT_THAT(unlabelled.output,
              HasSubstr("a language model (\"llama\") has no labels of its own; name them by "
                        "--labels"));
}

TEST_F(SmallLlama, ClassifiesByAChat) {
  const std::string command =
      "classify --model '" + path("model.gguf") + "' --labels refund,track --text parcel --json ";
  const auto confidence = [&](const std::string& arguments) {
    const Outcome outcome = run(command + arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return parse_json(outcome.output, "output").value().at("confidence");
  };
  const std::string frame =
      "{{ bos_token }}{% for m in messages %}{{ m.content }};{% endfor %}answer:";
  const std::string chat =
      "--chat --prompt '{text}?' --template '" + write(frame, "labels.jinja") + "' ";
  EXPECT_EQ(confidence(chat), confidence("--prompt '{text}?;answer:'"));
  EXPECT_EQ(confidence(chat + "--system brief --threads 1"),
            confidence("--prompt 'brief;{text}?;answer:'"));
  EXPECT_NE(confidence("--cache-type q8_0"), confidence("--cache-type f32"));
  const Outcome full = run(command + "--context-length 4");
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.output, HasSubstr("the context is full"));
  const Outcome plain = run(command + "--chat");
  EXPECT_EQ(plain.exit_code, 1);
  EXPECT_THAT(plain.output, HasSubstr("--template"));
}

TEST_F(SmallLlama, RunsFromItsParts) {
  const std::string whole = generate("").output;
  GgufWriter first;  // metadata alone, as gguf-split can have it
  const GgufFile file = GgufFile::open(path("model.gguf")).value();
  for (const GgufEntry& entry : file.entries()) first.copy_entry(entry);
  GgufWriter second = fake_llama();
  for (GgufWriter* const part : {&first, &second}) {
    part->set_u32("split.no", part == &first ? 0 : 1);
    part->set_u32("split.count", 2);
    part->set_u32("split.tensors.count", static_cast<uint32_t>(file.tensors().size()));
  }
  write(first, "parts-00001-of-00002.gguf");
  const auto run_part = [&](const char* name) {
    return run(
        "generate --quiet --temperature 0 --max-tokens 24 --ignore-end --prompt hello "
        "--model '" +
        path(name) + "'");
  };
  std::filesystem::remove(folder_ / "parts-00002-of-00002.gguf");
  const Outcome alone = run_part("parts-00001-of-00002.gguf");
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_THAT(alone.output, HasSubstr("parts-00002-of-00002.gguf: cannot open"));
  write(second, "parts-00002-of-00002.gguf");
  EXPECT_EQ(run_part("parts-00001-of-00002.gguf").output, whole);
  EXPECT_EQ(run_part("parts-00002-of-00002.gguf").output, whole);
}

constexpr std::string_view kTools = R"([{"type":"function","function":{"name":"clock"}}])";

TEST_F(SmallLlama, ToolsPickTheirTemplate) {
  GgufWriter model = fake_llama();
  model.set_string("tokenizer.chat_template", "one {{ messages[0].content }}");
  model.set_string("tokenizer.chat_template.tool_use",
                   "two {{ tools[0].function.name }} {{ messages[0].content }}");
  write(model, "model.gguf");
  const std::string tools = "--tools '" + write(kTools, "tools.json") + "'";
  const Outcome with = generate("--chat " + tools);
  EXPECT_EQ(with.exit_code, 0) << with.output;
  const std::string spelled = write("two clock {{ messages[0].content }}", "spelled.jinja");
  EXPECT_EQ(with.output, generate("--chat --template '" + spelled + "'").output);
  EXPECT_NE(with.output, generate("--chat").output);
  const std::string chat = "chat --quiet --temperature 0 --max-tokens 24 --ignore-end --model '" +
                           path("model.gguf") + "' ";
  EXPECT_EQ(run(chat + tools, "hello").output, with.output);
}

TEST_F(SmallLlama, ToolsThatNobodyWouldSeeAreRefused) {
  const std::string plain =
      "--chat --template '" + write("{{ messages[0].content }}", "plain.jinja") + "' ";
  const auto error = [&](std::string_view text) {
    const Outcome outcome = generate(plain + "--tools '" + write(text, "tools.json") + "'");
    EXPECT_EQ(outcome.exit_code, 1);
    return outcome.output;
  };
  EXPECT_THAT(error(kTools), HasSubstr("plain.jinja: its chat template does not show tools"));
  EXPECT_THAT(error("{}"), HasSubstr("tools.json: expected an array of tools"));
  EXPECT_THAT(error("[]"), HasSubstr("found an empty one"));
  EXPECT_THAT(error("[3]"), HasSubstr("tools.json: tool 1: expected an object, found"));
  EXPECT_THAT(error(R"([{"type":"function"}])"), HasSubstr("tool 1: member \"function\""));
  EXPECT_THAT(error(R"([{"function":{}}])"), HasSubstr("tool 1: member \"name\" is missing"));
}

}  // namespace
}  // namespace ganglion

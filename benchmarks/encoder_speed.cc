// How fast an encoder turns texts into vectors, asked by benchmarks/compare_onnxruntime.py.
//   bench_encoder_speed MODEL TEXTS.jsonl f32|int8 THREADS
// First prints a JSON array: the token ids of each text. Then answers each line of standard input:
//   embed N   embeds all texts, N in a call (0: all); prints wall and processor seconds
//   vectors   prints a JSON array: the vector of each text
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "engine/bert_encoder.h"
#include "models/hugging_face/convert.h"
#include "text/json.h"

namespace ganglion {
namespace {

Result<std::vector<std::string>> read_texts(const char* path) {
  GANGLION_ASSIGN(const std::string content, read_file(path));
  std::vector<std::string> texts;
  for (std::string_view rest = content; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    GANGLION_ASSIGN(const json::value line,
                    parse_json_line(rest.substr(0, end), path, texts.size() + 1));
    if (!line.is_string()) return fail(ErrorCode::kMalformed, "{}: expected texts", path);
    texts.emplace_back(line.get_string());
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return texts;
}

Status embed(const Encoder& encoder, std::span<const std::string_view> texts, size_t num_in_call,
             std::span<float> vectors) {
  const size_t size = encoder.hidden_size();
  if (num_in_call == 0) num_in_call = std::max<size_t>(texts.size(), 1);
  for (size_t first = 0; first < texts.size(); first += num_in_call) {
    const size_t count = std::min(num_in_call, texts.size() - first);
    GANGLION_TRY(
        encoder.embed(texts.subspan(first, count), vectors.subspan(first * size, count * size)));
  }
  return {};
}

Status answer(const Encoder& encoder, std::span<const std::string_view> texts,
              std::string_view line, std::span<float> vectors) {
  constexpr std::string_view kEmbed = "embed ";
  if (line == "vectors") {
    const size_t size = encoder.hidden_size();
    for (size_t i = 0; i < texts.size(); ++i) {
      fmt::print("{}[{}]", i == 0 ? "[" : ",", fmt::join(vectors.subspan(i * size, size), ","));
    }
    fmt::print("]\n");
    return {};
  }
  size_t num_in_call = 0;
  const bool is_known =
      line.starts_with(kEmbed) &&
      std::from_chars(line.data() + kEmbed.size(), line.data() + line.size(), num_in_call).ec ==
          std::errc();
  if (!is_known) {
    return fail(ErrorCode::kInvalidArgument, "expected \"embed N\" or \"vectors\", found \"{}\"",
                line);
  }
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();  // of all threads
  GANGLION_TRY(embed(encoder, texts, num_in_call, vectors));
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("{:.9f} {:.9f}\n", seconds.count(), cpu_seconds);
  return {};
}

Status run(char** arguments) {
  const EncoderOptions options = {
      .precision = std::string_view(arguments[3]) == "f32" ? Precision::kF32 : Precision::kS8,
      .num_threads = static_cast<size_t>(std::atoi(arguments[4]))};
  GANGLION_ASSIGN(GgufFile file, open_model(arguments[1]));
  GANGLION_ASSIGN(const auto encoder, BertEncoder::load(std::move(file), options));
  GANGLION_ASSIGN(const std::vector<std::string> texts, read_texts(arguments[2]));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> vectors(texts.size() * encoder->hidden_size());
  fmt::print("[");
  for (size_t i = 0; i < texts.size(); ++i) {
    fmt::print("{}[{}]", i == 0 ? "" : ",", fmt::join(encoder->model().encode(texts[i]).ids, ","));
  }
  fmt::print("]\n");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    GANGLION_TRY(answer(*encoder, views, line, vectors));
    std::fflush(stdout);
  }
  return {};
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: {} MODEL TEXTS.jsonl f32|int8 THREADS\n", argv[0]);
    return 2;
  }
  const ganglion::Status status = ganglion::run(argv);
  if (!status.ok()) fmt::print(stderr, "error: {}\n", status.error().message);
  return status.ok() ? 0 : 1;
}

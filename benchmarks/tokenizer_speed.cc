// How fast a tokenizer encodes the lines of a file: one thread, text by text.
//   bench_tokenizer_speed MODEL PRE_TOKENIZER|- TEXTS.jsonl SECONDS
// Prints the best pass in MB/s (10^6 bytes of UTF-8 a second of processor time) and the number of
// tokens. benchmarks/tokenizer_speed.py runs it in turn with the package `tokenizers`.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/file.h"
#include "models/load_tokenizer.h"
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

Status measure(char** arguments) {
  using Clock = std::chrono::steady_clock;
  // Of this process, which has one thread: other work on the machine does not count.
  const auto cpu_seconds = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const std::string_view pre = arguments[2];
  GANGLION_ASSIGN(const auto tokenizer, load_tokenizer(arguments[1], pre == "-" ? "" : pre));
  GANGLION_ASSIGN(const std::vector<std::string> texts, read_texts(arguments[3]));
  size_t num_bytes = 0;
  for (const std::string& text : texts) num_bytes += text.size();
  double best_seconds = 1e9;
  size_t num_tokens = 0;
  const auto end = Clock::now() + std::chrono::duration<double>(std::atof(arguments[4]));
  std::vector<int32_t> ids;
  do {
    num_tokens = 0;
    const double start = cpu_seconds();
    for (const std::string& text : texts) {
      tokenizer->encode(text, {.add_special_tokens = false, .parse_special_tokens = true}, ids);
      num_tokens += ids.size();
    }
    best_seconds = std::min(best_seconds, cpu_seconds() - start);
  } while (Clock::now() < end);
  fmt::print("{:.3f} {}\n", static_cast<double>(num_bytes) / best_seconds / 1e6, num_tokens);
  return {};
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: {} MODEL PRE_TOKENIZER|- TEXTS.jsonl SECONDS\n", argv[0]);
    return 2;
  }
  const ganglion::Status status = ganglion::measure(argv);
  if (!status.ok()) fmt::print(stderr, "error: {}\n", status.error().message);
  return status.ok() ? 0 : 1;
}

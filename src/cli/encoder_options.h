// What embed, rerank and debug hidden ask of an encoder.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "engine/encoder.h"

namespace ganglion {

struct EncoderArguments {
  std::string precision = "f32";
  size_t num_threads = 0;

  EncoderOptions options() const {
    return {precision == "int8" ? Precision::kS8 : Precision::kF32, num_threads};
  }
};

// --precision and --threads. `arguments` must live as long as the command.
inline void add_encoder_options(CLI::App& command, EncoderArguments& arguments) {
  command.add_option("--precision", arguments.precision, "Of the layers of a BERT-like model")
      ->check(CLI::IsMember({"f32", "int8"}))
      ->capture_default_str();
  command.add_option("--threads", arguments.num_threads, "0: one per processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

}  // namespace ganglion

// The option that says how keys and values are kept.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/text_checks.h"
#include "tensor/dtype.h"

namespace ganglion {

// "f32", "f16", "bf16" or "q8_0".
inline DType cache_type_of(const std::string& name) {
  return name == "f32"    ? DType::kF32
         : name == "f16"  ? DType::kF16
         : name == "q8_0" ? DType::kQ8_0
                          : DType::kBF16;
}

// --cache-type; `name` holds the default and must outlive the parsing.
inline CLI::Option* add_cache_type_option(CLI::App& command, std::string& name) {
  return command.add_option("--cache-type", name, "Of the keys and values in the context")
      ->transform(any_case({"bf16", "f16", "q8_0", "f32"}))
      ->capture_default_str();
}

}  // namespace ganglion

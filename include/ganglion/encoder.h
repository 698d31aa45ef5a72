// Text to vector.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ganglion/export.h>
#include <ganglion/outcome.h>

namespace ganglion::api {

// A sentence encoder. Immutable and thread-safe; copies share the model.
class GANGLION_API Encoder {
 public:
  // The default model, carried in the library: nothing is read from disk.
  static Outcome<Encoder> embedded();
  // A GGUF file, or a Hugging Face folder with config.json, tokenizer.json and model.safetensors.
  static Outcome<Encoder> load(const std::string& path);

  // Length of a vector.
  size_t hidden_size() const;

  // One unit-length vector of hidden_size() floats a text, in order. Fails for invalid UTF-8.
  Outcome<std::vector<std::vector<float>>> embed(const std::vector<std::string_view>& texts) const;

 private:
  struct State;
  explicit Encoder(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace ganglion::api

#include <ganglion/encoder.h>

#include <utility>

#include "engine/encoder.h"
#include "text/utf8.h"

namespace ganglion::api {

struct Encoder::State {
  std::unique_ptr<const ganglion::Encoder> owned;  // null for the embedded one
  const ganglion::Encoder* encoder;
};

Encoder::Encoder(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Outcome<Encoder> Encoder::embedded() {
  Result<const ganglion::Encoder*> encoder = embedded_encoder();
  if (!encoder.ok()) return Failure{encoder.error().message};
  return Encoder(std::make_shared<const State>(State{nullptr, *encoder}));
}

Outcome<Encoder> Encoder::load(const std::string& path) {
  Result<std::unique_ptr<const ganglion::Encoder>> encoder = load_encoder(path);
  if (!encoder.ok()) return Failure{encoder.error().message};
  const ganglion::Encoder* borrowed = encoder->get();
  return Encoder(std::make_shared<const State>(State{std::move(encoder).value(), borrowed}));
}

size_t Encoder::hidden_size() const { return state_->encoder->hidden_size(); }

Outcome<std::vector<std::vector<float>>> Encoder::embed(
    const std::vector<std::string_view>& texts) const {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (const size_t invalid = find_invalid_utf8(texts[i]); invalid != std::string_view::npos) {
      return Failure{fmt::format("text {}: invalid UTF-8 at byte {}", i, invalid)};
    }
  }
  std::vector<float> flat(texts.size() * hidden_size());
  if (const Status embedded = state_->encoder->embed(texts, flat); !embedded.ok()) {
    return Failure{embedded.error().message};
  }
  std::vector<std::vector<float>> vectors;
  vectors.reserve(texts.size());
  for (auto row = flat.begin(); row != flat.end(); row += static_cast<ptrdiff_t>(hidden_size())) {
    vectors.emplace_back(row, row + static_cast<ptrdiff_t>(hidden_size()));
  }
  return vectors;
}

}  // namespace ganglion::api

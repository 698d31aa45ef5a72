#include "engine/decoder_batch.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr size_t kPassTokens = 512;   // read together: bounds the memory of a long text
constexpr size_t kLogitsAtOnce = 64;  // rows whose logits are computed together

// A step and how far it has come.
struct Turn {
  const DecoderStep* step = nullptr;
  size_t num_read = 0;
};

// Where the logits of a row of the pass go.
struct WantedRow {
  size_t row = 0;
  float* logits = nullptr;
};

class Batch {
 public:
  Batch(const DecoderRuntime& runtime, DecoderBuffers& buffers, const LoraAdapter* adapter)
      : decoder_(runtime.decoder()), compute_(runtime.compute(adapter)), buffers_(buffers) {}

  void add(const DecoderStep& step) { turns_.push_back({&step, 0}); }

  void run() {
    while (plan_pass()) {
      float* hidden = make_room(buffers_.hidden, num_rows_ * decoder_.sizes().hidden_size);
      decoder_.forward(compute_, sequences_, buffers_.scratch, hidden);
      for (const auto& [session, tokens] : read_) session->add_read(tokens);
      for (size_t first = 0; first < wanted_.size(); first += kLogitsAtOnce) {
        const size_t count = std::min(kLogitsAtOnce, wanted_.size() - first);
        write_logits(std::span(wanted_).subspan(first, count));
      }
    }
  }

 private:
  // The tokens of the next pass; false when all have been read.
  bool plan_pass() {
    sequences_.clear();
    read_.clear();
    wanted_.clear();
    num_rows_ = 0;
    for (Turn& turn : turns_) {
      const DecoderStep& step = *turn.step;
      const size_t count = std::min(kPassTokens - num_rows_, step.tokens.size() - turn.num_read);
      if (count == 0) continue;
      const std::span<const int32_t> tokens = step.tokens.subspan(turn.num_read, count);
      sequences_.push_back({&step.session->cache(), step.session->length(), tokens});
      read_.emplace_back(step.session, tokens);
      add_wanted(step, turn.num_read, count);
      turn.num_read += count;
      num_rows_ += count;
    }
    return num_rows_ > 0;
  }

  void add_wanted(const DecoderStep& step, size_t first, size_t count) {
    const size_t vocabulary_size = decoder_.sizes().vocabulary_size;
    if (step.rows == LogitRows::kAll) {
      for (size_t i = 0; i < count; ++i) {
        wanted_.push_back({num_rows_ + i, step.logits->data() + (first + i) * vocabulary_size});
      }
    } else if (step.rows == LogitRows::kLast && first + count == step.tokens.size()) {
      wanted_.push_back({num_rows_ + count - 1, step.logits->data()});
    }
  }

  void write_logits(std::span<const WantedRow> wanted) {
    const size_t hidden_size = decoder_.sizes().hidden_size;
    const size_t vocabulary_size = decoder_.sizes().vocabulary_size;
    float* gathered = make_room(buffers_.wanted, wanted.size() * hidden_size);
    bool is_one_piece = true;
    for (size_t i = 0; i < wanted.size(); ++i) {
      std::copy_n(buffers_.hidden.data() + wanted[i].row * hidden_size, hidden_size,
                  gathered + i * hidden_size);
      is_one_piece &= wanted[i].logits == wanted[0].logits + i * vocabulary_size;
    }
    if (is_one_piece) {
      decoder_.logits(compute_, gathered, wanted.size(), wanted[0].logits);
      return;
    }
    float* logits = make_room(buffers_.logits, wanted.size() * vocabulary_size);
    decoder_.logits(compute_, gathered, wanted.size(), logits);
    for (size_t i = 0; i < wanted.size(); ++i) {
      std::copy_n(logits + i * vocabulary_size, vocabulary_size, wanted[i].logits);
    }
  }

  const Decoder& decoder_;
  const Compute compute_;
  DecoderBuffers& buffers_;
  std::vector<Turn> turns_;
  // Of the pass:
  std::vector<PassSequence> sequences_;
  std::vector<std::pair<DecoderSession*, std::span<const int32_t>>> read_;
  std::vector<WantedRow> wanted_;
  size_t num_rows_ = 0;
};

Status check_steps(const DecoderRuntime& runtime, std::span<const DecoderStep> steps) {
  for (size_t i = 0; i < steps.size(); ++i) {
    const DecoderSession& session = *steps[i].session;
    GANGLION_ASSERT(&session.runtime() == &runtime);
    for (size_t other = 0; other < i; ++other) {
      GANGLION_ASSERT(steps[other].session != steps[i].session);
    }
    if (steps[i].tokens.size() <= session.capacity() - session.length()) continue;
    return fail(ErrorCode::kLimit,
                "the context is full: it holds {} tokens, {} are read, {} more do not fit; take a "
                "larger context or a shorter text",
                session.capacity(), session.length(), steps[i].tokens.size());
  }
  return {};
}

size_t num_logit_rows(const DecoderStep& step) {
  if (step.rows == LogitRows::kAll) return step.tokens.size();
  return step.rows == LogitRows::kLast && !step.tokens.empty() ? 1 : 0;
}

}  // namespace

Status append_together(const DecoderRuntime& runtime, std::span<const DecoderStep> steps) {
  GANGLION_TRY(check_steps(runtime, steps));
  std::vector<const LoraAdapter*> adapters;
  for (const DecoderStep& step : steps) {
    step.logits->resize(num_logit_rows(step) * runtime.decoder().sizes().vocabulary_size);
    const LoraAdapter* adapter = step.session->adapter();
    if (std::find(adapters.begin(), adapters.end(), adapter) == adapters.end()) {
      adapters.push_back(adapter);
    }
  }
  std::unique_ptr<DecoderBuffers> buffers = runtime.take_buffers();
  for (const LoraAdapter* adapter : adapters) {
    Batch batch(runtime, *buffers, adapter);
    for (const DecoderStep& step : steps) {
      if (step.session->adapter() == adapter) batch.add(step);
    }
    batch.run();
  }
  runtime.give_back(std::move(buffers));
  return {};
}

}  // namespace ganglion

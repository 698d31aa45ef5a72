// Text to label, with a calibrated probability.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ganglion/export.h>
#include <ganglion/outcome.h>

namespace ganglion::api {

struct Classification {
  std::string label;
  double confidence;  // calibrated probability that `label` is right
  // Up to five labels, most probable first.
  std::vector<std::pair<std::string, double>> top;
};

// A classifier made by `ganglion train classifier`. Immutable and thread-safe; copies share the
// model.
class GANGLION_API Classifier {
 public:
  // Fails when the file is not a classifier, or was trained with another encoder.
  static Outcome<Classifier> load(const std::string& path);

  // Fails for invalid UTF-8.
  Outcome<Classification> classify(std::string_view text) const;

 private:
  struct State;
  explicit Classifier(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace ganglion::api

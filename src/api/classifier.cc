#include <ganglion/classifier.h>

#include <utility>

#include "skills/classify.h"

namespace ganglion::api {

struct Classifier::State {
  ganglion::Classifier classifier;
};

Classifier::Classifier(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Outcome<Classifier> Classifier::load(const std::string& path) {
  Result<ganglion::Classifier> classifier = ganglion::Classifier::load(path);
  if (!classifier.ok()) return Failure{classifier.error().message};
  return Classifier(std::make_shared<const State>(State{std::move(classifier).value()}));
}

Outcome<Classification> Classifier::classify(std::string_view text) const {
  Result<ganglion::Classification> found = state_->classifier.classify(text);
  if (!found.ok()) return Failure{found.error().message};
  Classification result{std::move(found->label), found->confidence, {}};
  for (RankedLabel& ranked : found->top) {
    result.top.emplace_back(std::move(ranked.label), ranked.probability);
  }
  return result;
}

}  // namespace ganglion::api

// Names and addresses, by a trained tagger.
#pragma once

#include <memory>

#include "base/result.h"
#include "guard/detector.h"
#include "models/tagger.h"

namespace ganglion {

// Findings of the model's types that are PiiType names (PERSON, ADDRESS); others are ignored. The
// score is the model's probability of the span.
std::unique_ptr<Detector> make_name_detector(TaggerModel model);

}  // namespace ganglion

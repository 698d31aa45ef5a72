#include "guard/default_redactor.h"

#include <string>
#include <utility>

#include "engine/embedded_models.h"
#include "guard/name_detector.h"

namespace ganglion {
namespace {

constexpr std::string_view kTaggerName = "ganglion-pii-tagger.gguf";

}  // namespace

Result<Redactor> load_default_redactor(RedactorOptions options) {
  const auto embedded = find_embedded_model(kTaggerName);
  if (!embedded) {
    return fail(ErrorCode::kNotFound,
                "this program was built without models/{}, so names cannot be redacted",
                kTaggerName);
  }
  GANGLION_ASSIGN(TaggerModel model, TaggerModel::parse(embedded->bytes, std::string(kTaggerName)));
  auto detectors = make_rule_detectors();
  detectors.push_back(make_name_detector(std::move(model)));
  return Redactor(std::move(detectors), std::move(options));
}

}  // namespace ganglion

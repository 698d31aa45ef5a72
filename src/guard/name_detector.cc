#include "guard/name_detector.h"

#include <optional>
#include <utility>

namespace ganglion {
namespace {

// A long run without a space is a hash or a code, whatever the model thinks of it.
bool is_code(std::string_view value) {
  constexpr size_t kLongestWord = 32;
  return value.size() > kLongestWord && value.find_first_of(" \n") == std::string_view::npos;
}

class NameDetector final : public Detector {
 public:
  explicit NameDetector(TaggerModel model) : model_(std::move(model)) {}

  std::string_view name() const override { return "names and addresses"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    for (const TaggedSpan& span : model_.tag(scan.text())) {
      const std::optional<PiiType> type = pii_type_from_name(span.type);
      const std::string_view value = scan.text().substr(span.begin, span.end - span.begin);
      if (type && !is_code(value)) findings.push_back({*type, span.begin, span.end, span.score});
    }
    return {};
  }

 private:
  TaggerModel model_;
};

}  // namespace

std::unique_ptr<Detector> make_name_detector(TaggerModel model) {
  return std::make_unique<NameDetector>(std::move(model));
}

}  // namespace ganglion

#include "guard/egress.h"

#include <algorithm>

#include "base/hash.h"

namespace ganglion {
namespace {

using Path = std::vector<std::string>;

constexpr size_t kMaxProtocolWord = 128;

// A number of fewer characters is no card, account or telephone number.
constexpr size_t kMinNumberCharacters = 7;

Path split_pointer(std::string_view pointer) {
  Path path;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);  // the '/'
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    path.emplace_back(step);
    pointer.remove_prefix(step.size());
  }
  return path;
}

bool matches(const Path& pattern, const Path& path) {
  return pattern.size() == path.size() &&
         std::equal(
             pattern.begin(), pattern.end(), path.begin(),
             [](const std::string& p, const std::string& step) { return p == "*" || p == step; });
}

bool is_plain_word(std::string_view text) {
  return text.size() <= kMaxProtocolWord && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' ||
                  c == '_' || c == '.' || c == ':' || c == '/' || c == '@';
         });
}

// Walks a JSON value and builds its redacted copy.
class PayloadRedaction {
 public:
  PayloadRedaction(const Redactor& redactor, const std::vector<Path>& protocol_paths,
                   Pseudonyms* pseudonyms)
      : redactor_(redactor), protocol_paths_(protocol_paths), pseudonyms_(pseudonyms) {}

  Result<json::value> copy(const json::value& value) {
    switch (value.kind()) {
      case json::kind::object:
        return copy_object(value.get_object());
      case json::kind::array:
        return copy_array(value.get_array());
      case json::kind::string:
        return copy_string(value.get_string());
      case json::kind::int64:
      case json::kind::uint64:
      case json::kind::double_:
        return copy_number(value);
      default:
        return value;
    }
  }

  const RedactionTally& tally() const { return tally_; }

 private:
  Result<json::value> copy_object(const json::object& object) {
    json::object copied;
    copied.reserve(object.size());
    for (const auto& member : object) {
      GANGLION_ASSIGN(const std::string name, redact_name(member.key()));
      path_.push_back(name);
      GANGLION_ASSIGN(json::value value, copy(member.value()));
      if (!copied.emplace(name, std::move(value)).second) {
        return blocked("two members have the same name after redaction");
      }
      path_.pop_back();
    }
    return json::value(std::move(copied));
  }

  Result<json::value> copy_array(const json::array& array) {
    json::array copied;
    copied.reserve(array.size());
    for (size_t i = 0; i < array.size(); ++i) {
      path_.push_back(std::to_string(i));
      GANGLION_ASSIGN(json::value value, copy(array[i]));
      copied.push_back(std::move(value));
      path_.pop_back();
    }
    return json::value(std::move(copied));
  }

  Result<json::value> copy_string(const json::string& text) {
    const bool protocol =
        std::any_of(protocol_paths_.begin(), protocol_paths_.end(),
                    [this](const Path& pattern) { return matches(pattern, path_); });
    if (protocol) {
      if (!is_plain_word(text)) return blocked("a protocol field must be a short plain word");
      return json::value(text);
    }
    GANGLION_ASSIGN(const std::string redacted, redact(text));
    return json::value(redacted);
  }

  // A card number may come as a JSON number; then its token takes its place, as a string.
  Result<json::value> copy_number(const json::value& number) {
    const std::string text = json::serialize(number);
    if (text.size() < kMinNumberCharacters) return number;
    GANGLION_ASSIGN(const std::string redacted, redact(text));
    return redacted == text ? number : json::value(redacted);
  }

  // Names such as "messages" are the protocol's; a free-form one may be a value ("4111…": true).
  Result<std::string> redact_name(std::string_view name) {
    const auto digits =
        std::count_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_plain_word(name) && digits < 5 && name.find('@') == std::string_view::npos) {
      return std::string(name);
    }
    return redact(name);
  }

  Result<std::string> redact(std::string_view text) {
    const auto redaction = redactor_.redact(text, pseudonyms_);
    if (!redaction.ok()) return blocked(redaction.error().message);
    for (size_t i = 0; i < kNumPiiTypes; ++i) tally_[i] += redaction->tally[i];
    return redaction->text;
  }

  Error blocked(std::string_view reason) const {
    std::string place;
    for (const std::string& step : path_) place.append("/").append(step);
    return fail(ErrorCode::kDenied, "egress blocked, nothing was sent: field {}: {}",
                place.empty() ? "/" : place, reason);
  }

  const Redactor& redactor_;
  const std::vector<Path>& protocol_paths_;
  Pseudonyms* pseudonyms_;
  Path path_;
  RedactionTally tally_{};
};

}  // namespace

Egress::Egress(const Redactor& redactor, const EgressPolicy& policy) : redactor_(redactor) {
  for (const std::string& pointer : policy.protocol_fields) {
    protocol_paths_.push_back(split_pointer(pointer));
  }
}

Result<RedactedPayload> Egress::prepare(const json::value& body, Pseudonyms* pseudonyms) const {
  PayloadRedaction redaction(redactor_, protocol_paths_, pseudonyms);
  GANGLION_ASSIGN(const json::value copied, redaction.copy(body));
  std::string bytes = to_json_text(copied);
  std::string digest = to_hex(sha256(bytes));
  std::vector<std::pair<std::string, uint32_t>> tally;
  for (size_t i = 0; i < kNumPiiTypes; ++i) {
    const uint32_t count = redaction.tally()[i];
    if (count > 0) tally.emplace_back(pii_type_name(static_cast<PiiType>(i)), count);
  }
  return RedactedPayload(std::move(bytes), std::move(digest), std::move(tally));
}

}  // namespace ganglion

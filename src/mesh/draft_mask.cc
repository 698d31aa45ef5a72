#include "mesh/draft_mask.h"

#include <algorithm>

namespace ganglion {
namespace {

struct Place {
  size_t begin;
  size_t end;
  const MaskedValue* longest;
};

std::vector<Place> places_of(std::string_view text, std::span<const MaskedValue> values) {
  std::vector<Place> places;
  for (const MaskedValue& masked : values) {
    if (masked.value.empty()) continue;
    for (size_t at = 0; (at = text.find(masked.value, at)) != std::string_view::npos; ++at) {
      places.push_back({at, at + masked.value.size(), &masked});
    }
  }
  std::ranges::stable_sort(places, {}, &Place::begin);
  return places;
}

}  // namespace

std::vector<MaskedValue> masked_values(const Pseudonyms& pseudonyms,
                                       std::span<const RedactedSpan> spans,
                                       std::span<const ExtractedValue> extracted) {
  std::vector<MaskedValue> values;
  for (const auto& [token, value] : pseudonyms.values()) values.push_back({value, token});
  for (const ExtractedValue& found : extracted) {
    const bool redacted = std::ranges::any_of(spans, [&](const RedactedSpan& span) {
      return span.start < found.end && found.start < span.end;
    });
    const bool has_token = std::ranges::any_of(
        values, [&](const MaskedValue& masked) { return masked.value == found.source; });
    if (redacted && !has_token) values.push_back({found.source, "[REDACTED]"});
  }
  return values;
}

std::string mask(std::string_view text, std::span<const MaskedValue> values) {
  const std::vector<Place> places = places_of(text, values);
  std::string masked;
  size_t done = 0;
  for (size_t i = 0; i < places.size();) {
    Place whole = places[i];
    for (++i; i < places.size() && places[i].begin < whole.end; ++i) {
      whole.end = std::max(whole.end, places[i].end);
      if (places[i].longest->value.size() > whole.longest->value.size()) {
        whole.longest = places[i].longest;
      }
    }
    masked += text.substr(done, whole.begin - done);
    masked += whole.longest->token;
    done = whole.end;
  }
  masked += text.substr(done);
  return masked;
}

}  // namespace ganglion

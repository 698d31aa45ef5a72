#include "skills/draft_policy.h"

#include <utility>

#include "base/file.h"
#include "text/yaml.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxPolicyBytes = 1 << 20;
constexpr int64_t kMaxQuotes = 20;

Result<FillTemplate> read_template(const YamlMap& map, std::string_view key) {
  if (!map.has(key)) return FillTemplate();
  GANGLION_ASSIGN(const std::string text, map.string(key));
  Result<FillTemplate> result = FillTemplate::parse(text);
  if (!result.ok()) return map.error_at(key, result.error().message);
  return result;
}

Result<std::vector<Phrase>> read_phrases(const YamlMap& map, std::string_view key) {
  std::vector<Phrase> phrases;
  if (!map.has(key)) return phrases;
  GANGLION_ASSIGN(const std::vector<std::string> texts, map.strings(key));
  for (const std::string& text : texts) {
    Result<Phrase> phrase = Phrase::parse(text);
    if (!phrase.ok()) return map.error_at(key, phrase.error().message);
    phrases.push_back(std::move(phrase).value());
  }
  return phrases;
}

Result<DraftSection> read_section(const YamlMap& sections, const std::string& name) {
  GANGLION_ASSIGN(const YamlMap map, sections.map(name));
  GANGLION_TRY(map.allow_only({"title", "text", "quotes"}));
  if (map.has("text") == map.has("quotes")) {
    return sections.error_at(name, "expected either text (a template) or quotes (a number)");
  }
  DraftSection section{.name = name};
  GANGLION_ASSIGN(section.title, read_template(map, "title"));
  GANGLION_ASSIGN(section.text, read_template(map, "text"));
  if (map.has("quotes")) {
    GANGLION_ASSIGN(const int64_t quotes, map.integer("quotes", 1, kMaxQuotes));
    section.quotes = static_cast<size_t>(quotes);
  }
  return section;
}

Status read_search(const YamlMap& policy, DraftPolicy& result) {
  if (!policy.has("search")) return {};
  GANGLION_ASSIGN(const YamlMap search, policy.map("search"));
  GANGLION_TRY(search.allow_only({"passages", "minimum_similarity"}));
  GANGLION_ASSIGN(const int64_t passages, search.integer_or("passages", 1, kMaxQuotes,
                                                            static_cast<int64_t>(result.passages)));
  result.passages = static_cast<size_t>(passages);
  GANGLION_ASSIGN(result.minimum_similarity,
                  search.number_or("minimum_similarity", 0, 1, result.minimum_similarity));
  return {};
}

}  // namespace

Result<DraftPolicy> parse_draft_policy(std::string_view text, std::string_view source_name) {
  GANGLION_ASSIGN(const YamlMap policy, YamlMap::parse(text, source_name));
  GANGLION_TRY(policy.allow_only(
      {"greeting", "sections", "closing", "required_phrases", "forbidden_phrases", "search"}));
  DraftPolicy result;
  GANGLION_ASSIGN(result.greeting, read_template(policy, "greeting"));
  GANGLION_ASSIGN(result.closing, read_template(policy, "closing"));
  GANGLION_ASSIGN(const YamlMap sections, policy.map("sections"));
  for (const std::string& name : sections.keys()) {
    GANGLION_ASSIGN(DraftSection section, read_section(sections, name));
    result.sections.push_back(std::move(section));
  }
  GANGLION_ASSIGN(result.required_phrases, read_phrases(policy, "required_phrases"));
  GANGLION_ASSIGN(result.forbidden_phrases, read_phrases(policy, "forbidden_phrases"));
  GANGLION_TRY(read_search(policy, result));
  return result;
}

Result<DraftPolicy> load_draft_policy(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const std::string text, read_file(path, kMaxPolicyBytes));
  return parse_draft_policy(text, path.string());
}

}  // namespace ganglion

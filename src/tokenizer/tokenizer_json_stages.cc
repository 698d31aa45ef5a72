#include "tokenizer/tokenizer_json_stages.h"

#include <algorithm>

#include "tokenizer/base64.h"
#include "tokenizer/bpe_builder.h"
#include "tokenizer/json_members.h"

namespace ganglion {
namespace {

constexpr size_t kMaxSteps = 32;
constexpr size_t kMaxContentBytes = 64;  // of what is put into a text, maybe for every character

NormalizerStep step(NormalizerKind kind, std::string content = "", std::string pattern = "") {
  return {kind, std::move(pattern), std::move(content), nullptr, nullptr};
}

Status check_content(std::string_view content) {
  if (content.size() <= kMaxContentBytes) return {};
  return fail(ErrorCode::kLimit, "\"content\": expected at most {} bytes, found {}",
              kMaxContentBytes, content.size());
}

// {"String": "…"} or {"Regex": "…"}
Result<std::pair<std::string, std::string>> read_pattern(const json::object& object) {
  GANGLION_ASSIGN(const json::object* pattern, json_object(object, "pattern"));
  for (const std::string_view kind : {"String", "Regex"}) {
    if (find_member(*pattern, kind) == nullptr) continue;
    GANGLION_ASSIGN(const std::string_view text, json_string(*pattern, kind));
    return std::pair(std::string(kind), std::string(text));
  }
  return fail(ErrorCode::kMalformed, "\"pattern\": expected a \"String\" or a \"Regex\"");
}

Result<NormalizerStep> read_replace(const json::object& object) {
  GANGLION_ASSIGN(const auto pattern, read_pattern(object));
  GANGLION_ASSIGN(const std::string_view content, json_string(object, "content"));
  GANGLION_TRY(check_content(content));
  if (pattern.first == "String") {
    if (!pattern.second.empty()) {
      return step(NormalizerKind::kReplace, std::string(content), pattern.second);
    }
    return fail(ErrorCode::kMalformed, "\"pattern\": expected a text, found an empty one");
  }
  if (pattern.second == R"(\s+)")
    return step(NormalizerKind::kReplaceSpaceRuns, std::string(content));
  if (pattern.second == " {2,}")
    return step(NormalizerKind::kReplaceBlankRuns, std::string(content));
  return fail(ErrorCode::kUnsupported, "\"pattern\": unknown expression \"{}\"", pattern.second);
}

Result<NormalizerStep> read_charsmap(const json::object& object) {
  GANGLION_ASSIGN(const std::string_view text, json_string(object, "precompiled_charsmap"));
  const auto bytes = decode_base64(text);
  if (!bytes) return fail(ErrorCode::kMalformed, "\"precompiled_charsmap\": expected base64");
  GANGLION_ASSIGN(PrecompiledCharsmap charsmap, PrecompiledCharsmap::parse(*bytes));
  return NormalizerStep{NormalizerKind::kCharsmapByCluster, "", "",
                        std::make_shared<const PrecompiledCharsmap>(std::move(charsmap)), nullptr};
}

Status read_normalizer(const json::value& value, std::vector<NormalizerStep>& steps) {
  GANGLION_ASSIGN(const std::string_view type, type_member(value, "normalizer"));
  const json::object& object = value.get_object();
  if (steps.size() >= kMaxSteps) {
    return fail(ErrorCode::kLimit, "expected at most {} steps", kMaxSteps);
  }
  if (type == "Sequence") {
    GANGLION_ASSIGN(const json::array* parts, json_array(object, "normalizers"));
    for (const json::value& part : *parts) GANGLION_TRY(read_normalizer(part, steps));
  } else if (type == "Prepend") {
    GANGLION_ASSIGN(const std::string_view content, json_string(object, "prepend"));
    GANGLION_TRY(check_content(content));
    steps.push_back(step(NormalizerKind::kPrepend, std::string(content)));
  } else if (type == "Replace") {
    GANGLION_ASSIGN(NormalizerStep replace, read_replace(object));
    steps.push_back(std::move(replace));
  } else if (type == "Precompiled") {
    GANGLION_ASSIGN(NormalizerStep charsmap, read_charsmap(object));
    steps.push_back(std::move(charsmap));
  } else if (type == "Strip") {
    GANGLION_ASSIGN(const bool left, bool_member_or(object, "strip_left", true));
    GANGLION_ASSIGN(const bool right, bool_member_or(object, "strip_right", true));
    if (left) steps.push_back(step(NormalizerKind::kStripLeft));
    if (right) steps.push_back(step(NormalizerKind::kStripRight));
  } else {
    constexpr std::pair<std::string_view, NormalizerKind> kSimple[] = {
        {"NFC", NormalizerKind::kNfc},
        {"NFD", NormalizerKind::kNfd},
        {"NFKC", NormalizerKind::kNfkc},
        {"NFKD", NormalizerKind::kNfkd},
        {"Lowercase", NormalizerKind::kLowercase},
        {"StripAccents", NormalizerKind::kStripAccents}};
    const auto* const found = std::find_if(std::begin(kSimple), std::end(kSimple),
                                           [&](const auto& entry) { return entry.first == type; });
    if (found == std::end(kSimple)) {
      return fail(ErrorCode::kUnsupported, "unknown type \"{}\"", type);
    }
    steps.push_back(step(found->second));
  }
  return {};
}

struct KnownPattern {
  std::string_view pattern;
  Split split;
};

// Exactly as the files of published models have them.
constexpr KnownPattern kKnownPatterns[] = {
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     Split::kGpt2Words},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     Split::kGpt2Words},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Split::kLlama3Words},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}|)"
     R"( ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
     Split::kLlama3Words},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Split::kQwen2Words},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
     R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Split::kQwen35Words},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:)"
     R"('s|'t|'re|'ve|'m|'ll|'d)?|)"
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:)"
     R"('s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|)"
     R"(\s+(?!\S)|\s+)",
     Split::kGpt4oWords},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
     R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     Split::kTekkenWords},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N})"
     "\r\n"
     R"(]+|\s*[)"
     "\r\n"
     R"(]+|\s+(?!\S)|\s+)",
     Split::kSeedCoderWords},
    {"[!\"#$%&'()*+,\\-./"
     ":;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]"
     "+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
     Split::kDeepseekV3Words},
    {" ?[^(\\s|[.,!?…。，、।۔،])]+", Split::kBloomWords},
    {R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|)"
     R"([^\s\p{L}\p{N}]+)",
     Split::kClipWords},
    {"[\r\n]", Split::kNewline},
    {R"(\p{N})", Split::kNumber},
    {R"(\p{N}{1})", Split::kNumber},
    {R"(\p{N}+)", Split::kNumbers},
    {R"(\p{N}{1,3})", Split::kUpTo3Numbers},
    {"[0-9][0-9][0-9]", Split::k3Digits},
    {R"(\s?\p{L}+)", Split::kSpacedLetters},
    {R"(\s?\p{P}+)", Split::kSpacedPunctuation},
    {R"(\s+$)", Split::kTrailingSpaces},
    {"[一-龥ࠀ-一가-\uD7FF]+", Split::kHanOrHangul},
    {"[一-龥぀-ゟ゠-ヿ]+", Split::kHanOrKana},
    {"\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+", Split::kSpacedWidePunctuation},
};

Result<Split> find_split(std::string_view pattern) {
  for (const KnownPattern& known : kKnownPatterns) {
    if (known.pattern == pattern) return known.split;
  }
  // Its list of letters is two hundred characters long, and alone begins like that.
  if (pattern.starts_with("\\s?[A-Za-zµ") && pattern.ends_with("𞤀-𞥃]+")) {
    return Split::kSpacedCasedLetters;
  }
  return fail(ErrorCode::kUnsupported, "unknown expression \"{}\"", pattern);
}

// Behind a ByteLevel, stages see the characters that spell bytes.
Result<Split> find_split_of_bytes(std::string_view pattern) {
  if (pattern == "[0-9][0-9][0-9]") return Split::k3Digits;
  return fail(ErrorCode::kUnsupported, "unknown expression \"{}\" behind a ByteLevel", pattern);
}

Status read_split(const json::object& object, JsonPreTokenizer& result) {
  GANGLION_ASSIGN(const auto pattern, read_pattern(object));
  GANGLION_ASSIGN(const std::string behavior, string_member_or(object, "behavior", "Isolated"));
  GANGLION_ASSIGN(const bool invert, bool_member_or(object, "invert", false));
  // Gemma's: its normaliser has left no space to cut at.
  if (pattern.first == "String" && pattern.second == " " && behavior == "MergedWithPrevious")
    return {};
  if (pattern.first != "Regex") {
    return fail(ErrorCode::kUnsupported, "a Split at the text \"{}\"", pattern.second);
  }
  GANGLION_ASSIGN(const Split split, result.byte_level ? find_split_of_bytes(pattern.second)
                                                       : find_split(pattern.second));
  if (behavior != "Isolated" && !(behavior == "Removed" && invert)) {
    return fail(ErrorCode::kUnsupported, "a Split that is {}{}", behavior,
                invert ? ", inverted" : "");
  }
  result.stages.push_back({split, behavior == "Isolated"});
  return {};
}

Status read_byte_level(const json::object& object, JsonPreTokenizer& result) {
  GANGLION_ASSIGN(const bool add_space, bool_member_or(object, "add_prefix_space", true));
  GANGLION_ASSIGN(const bool use_regex, bool_member_or(object, "use_regex", true));
  if (add_space && !result.stages.empty()) {
    return fail(ErrorCode::kUnsupported, "a ByteLevel that adds spaces behind another stage");
  }
  if (add_space) {
    result.adds_space = true;
    result.steps.push_back(step(NormalizerKind::kPrependUnless, " "));
  }
  if (use_regex) result.stages.push_back({Split::kGpt2Words});
  result.byte_level = true;
  return {};
}

// "prepend_scheme", or "add_prefix_space" in older files.
Status read_metaspace(const json::object& object, bool between_words, JsonPreTokenizer& result) {
  GANGLION_ASSIGN(const std::string mark, string_member_or(object, "replacement", kSpaceMark));
  GANGLION_ASSIGN(const bool add_space, bool_member_or(object, "add_prefix_space", true));
  GANGLION_ASSIGN(const std::string scheme,
                  string_member_or(object, "prepend_scheme", add_space ? "always" : "never"));
  GANGLION_ASSIGN(const bool split, bool_member_or(object, "split", true));
  if (mark != kSpaceMark || !result.stages.empty()) {
    return fail(ErrorCode::kUnsupported, "a Metaspace with \"{}\" or behind another stage", mark);
  }
  result.marks_spaces = true;
  result.adds_space = scheme != "never";
  if (between_words) {
    if (scheme != "always" || !split) {
      return fail(ErrorCode::kUnsupported, "a Metaspace of words that is not \"always\" and split");
    }
    result.steps.push_back(step(NormalizerKind::kMarkWords, mark));
  } else {
    result.steps.push_back(step(NormalizerKind::kReplace, mark, " "));
    if (scheme == "always") result.steps.push_back(step(NormalizerKind::kPrependUnless, mark));
    if (scheme == "first")
      result.steps.push_back(step(NormalizerKind::kPrependUnlessAtBegin, mark));
  }
  if (split) result.stages.push_back({Split::kEachMark});
  return {};
}

Status read_pre_tokenizer(const json::value& value, bool& between_words, JsonPreTokenizer& result) {
  GANGLION_ASSIGN(const std::string_view type, type_member(value, "pre_tokenizer"));
  const json::object& object = value.get_object();
  if (result.stages.size() + result.steps.size() >= kMaxSteps) {
    return fail(ErrorCode::kLimit, "expected at most {} stages", kMaxSteps);
  }
  if (type == "Sequence") {
    GANGLION_ASSIGN(const json::array* parts, json_array(object, "pretokenizers"));
    for (const json::value& part : *parts) {
      GANGLION_TRY(read_pre_tokenizer(part, between_words, result));
    }
    return {};
  }
  if (type == "Split") return read_split(object, result);
  if (type == "ByteLevel") return read_byte_level(object, result);
  if (type == "Metaspace") {
    GANGLION_TRY(read_metaspace(object, between_words, result));
    between_words = false;
    return {};
  }
  if (type == "WhitespaceSplit" && result.stages.empty() && result.steps.empty()) {
    between_words = true;
    return {};
  }
  if (type == "Digits") {
    GANGLION_ASSIGN(const bool individual, bool_member_or(object, "individual_digits", false));
    if (!individual || !result.byte_level) {
      result.stages.push_back({individual          ? Split::kNumber
                               : result.byte_level ? Split::kDigitBytes
                                                   : Split::kNumbers});
      return {};
    }
  }
  if (type == "Punctuation" && !result.byte_level) {
    GANGLION_ASSIGN(const std::string behavior, string_member_or(object, "behavior", "Isolated"));
    if (behavior == "Contiguous") {
      result.stages.push_back({Split::kPunctuationRuns});
      return {};
    }
  }
  return fail(ErrorCode::kUnsupported,
              "type \"{}\", which is not read with these settings or at this place", type);
}

}  // namespace

Result<std::vector<NormalizerStep>> read_normalizer_json(const json::value* value) {
  std::vector<NormalizerStep> steps;
  if (value == nullptr) return steps;
  if (Status status = read_normalizer(*value, steps); !status.ok()) {
    return at_place("\"normalizer\"", status.error());
  }
  return steps;
}

Result<JsonPreTokenizer> read_pre_tokenizer_json(const json::value* value) {
  JsonPreTokenizer result;
  if (value == nullptr) return result;
  bool between_words = false;
  if (Status status = read_pre_tokenizer(*value, between_words, result); !status.ok()) {
    return at_place("\"pre_tokenizer\"", status.error());
  }
  if (between_words) {
    return fail(ErrorCode::kUnsupported,
                "\"pre_tokenizer\": a WhitespaceSplit without a Metaspace behind it");
  }
  return result;
}

}  // namespace ganglion

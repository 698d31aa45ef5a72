#include "hub/repository_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "hub/byte_size.h"
#include "hub/model_source.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr size_t kMaxFiles = 100'000;
constexpr size_t kMaxListed = 24;  // files in a message
constexpr int64_t kMaxFileBytes = int64_t{1} << 50;

// Best first, where nobody says which.
constexpr std::array<std::string_view, 19> kPreferredTypes = {
    "Q4_K_M", "Q8_0",   "Q5_K_M", "Q6_K",   "Q4_K_S", "Q5_K_S", "Q4_0", "Q4_1", "Q5_0", "Q5_1",
    "IQ4_XS", "IQ4_NL", "Q3_K_M", "Q3_K_L", "Q3_K_S", "Q2_K",   "F16",  "BF16", "F32"};

Result<RepositoryFile> parse_entry(const json::object& entry) {
  RepositoryFile file;
  GANGLION_ASSIGN(file.path, json_string(entry, "path"));
  const json::object* sized = &entry;
  if (const json::value* lfs = entry.if_contains("lfs"); lfs != nullptr && !lfs->is_null()) {
    GANGLION_ASSIGN(sized, json_object(entry, "lfs"));
    GANGLION_ASSIGN(const std::string_view oid, json_string(*sized, "oid"));
    if (!is_sha256_hex(oid)) {
      return fail(ErrorCode::kMalformed, "\"lfs.oid\" of \"{}\": expected 64 hexadecimal digits",
                  file.path);
    }
    file.sha256 = oid;
  }
  GANGLION_ASSIGN(const int64_t size, json_integer(*sized, "size"));
  if (size < 0 || size > kMaxFileBytes) {
    return fail(ErrorCode::kMalformed, "\"size\" of \"{}\": {} bytes cannot be", file.path, size);
  }
  file.size = static_cast<uint64_t>(size);
  return file;
}

std::string upper_ascii(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return upper;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// F16 and kin, or Q4_K_M and kin: "Q", "IQ" or "TQ", a digit, then parts behind "_".
bool is_type_name(std::string_view text) {
  for (const std::string_view plain : {"F16", "BF16", "F32", "FP16", "FP32", "MXFP4"}) {
    if (text == plain) return true;
  }
  if (text.starts_with('I') || text.starts_with('T')) text.remove_prefix(1);
  if (text.size() < 2 || text[0] != 'Q' || !is_digit(text[1])) return false;
  text.remove_prefix(2);
  for (int parts = 0; !text.empty(); ++parts) {
    const size_t end = std::min(text.find('_', 1), text.size());
    if (parts == 3 || text[0] != '_' || end < 2 || end > 5) return false;
    text.remove_prefix(end);
  }
  return true;
}

// The type at the end of one word of a name: "Q4_K_M" of "MY_MODEL_Q4_K_M".
std::string_view type_in_word(std::string_view word) {
  for (size_t at = 0; at < word.size(); ++at) {
    if ((at == 0 || word[at - 1] == '_') && is_type_name(word.substr(at))) return word.substr(at);
  }
  return {};
}

struct SplitName {
  std::string first;  // the name of part 1
  uint32_t count = 1;
};

// "x-00002-of-00003.gguf": first part and count; nothing for other names.
std::optional<SplitName> parse_split_name(std::string_view path) {
  constexpr std::string_view kEnding = ".gguf";
  constexpr size_t kTailBytes = sizeof("-00001-of-00003") - 1;
  if (!path.ends_with(kEnding)) return std::nullopt;
  const std::string_view stem = path.substr(0, path.size() - kEnding.size());
  if (stem.size() <= kTailBytes) return std::nullopt;
  const std::string_view tail = stem.substr(stem.size() - kTailBytes);
  const bool digits = std::all_of(tail.begin() + 1, tail.begin() + 6, is_digit) &&
                      std::all_of(tail.begin() + 10, tail.end(), is_digit);
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || !digits) return std::nullopt;
  SplitName name;
  std::from_chars(tail.data() + 10, tail.data() + tail.size(), name.count);
  name.first = fmt::format("{}-00001-of-{}{}", stem.substr(0, stem.size() - kTailBytes),
                           tail.substr(10), kEnding);
  return name;
}

struct GgufGroup {
  std::string type;
  uint32_t parts = 1;
  std::vector<RepositoryFile> files;  // in the order of their names
};

// By the path of the (first) file. Vision projectors and importance data are no models.
std::map<std::string, GgufGroup> group_gguf_files(const std::vector<RepositoryFile>& files) {
  std::map<std::string, GgufGroup> groups;
  for (const RepositoryFile& file : files) {
    const std::string lower = lower_ascii(file.path);
    if (!lower.ends_with(".gguf") || lower.find("mmproj") != std::string::npos) continue;
    const std::string type = type_in_file_name(file.path);
    if (type.empty() && lower.find("imatrix") != std::string::npos) continue;
    const auto split = parse_split_name(file.path);
    GgufGroup& group = groups[split ? split->first : file.path];
    group.type = type;
    group.parts = split ? split->count : 1;
    group.files.push_back(file);
  }
  for (auto& [path, group] : groups) {
    std::sort(group.files.begin(), group.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
  }
  return groups;
}

uint64_t total_bytes(const std::vector<RepositoryFile>& files) {
  uint64_t total = 0;
  for (const RepositoryFile& file : files) total += file.size;
  return total;
}

std::string list_groups(const std::map<std::string, GgufGroup>& groups) {
  std::string list;
  size_t count = 0;
  for (const auto& [path, group] : groups) {
    if (++count > kMaxListed)
      return list + fmt::format("\n  and {} more", groups.size() - count + 1);
    list += fmt::format("\n  {} ({})", path, byte_size_text(total_bytes(group.files)));
  }
  return list;
}

Result<FileSelection> select_group(const std::string& path, const GgufGroup& group) {
  if (group.files.size() != group.parts) {
    return fail(ErrorCode::kNotFound, "{}: {} of its {} parts are in the repository", path,
                group.files.size(), group.parts);
  }
  return FileSelection{true, group.type, path, group.files};
}

// The one group of the type; nothing when none has it.
Result<std::optional<FileSelection>> choose_by_type(const std::map<std::string, GgufGroup>& groups,
                                                    std::string_view type,
                                                    std::string_view repository) {
  std::map<std::string, GgufGroup> matches;
  for (const auto& [path, group] : groups) {
    if (group.type == type) matches[path] = group;
  }
  if (matches.empty()) return std::optional<FileSelection>();
  if (matches.size() > 1) {
    return fail(ErrorCode::kConflict, "{}: several files have the type {}; name one behind ':':{}",
                repository, type, list_groups(matches));
  }
  GANGLION_ASSIGN(FileSelection chosen,
                  select_group(matches.begin()->first, matches.begin()->second));
  return std::optional<FileSelection>(std::move(chosen));
}

Result<FileSelection> choose_by_selector(const std::map<std::string, GgufGroup>& groups,
                                         std::string_view selector, std::string_view repository) {
  for (const auto& [path, group] : groups) {
    for (const RepositoryFile& file : group.files) {
      if (file.path == selector || file.path.ends_with("/" + std::string(selector))) {
        return select_group(path, group);
      }
    }
  }
  std::string type = upper_ascii(selector);
  if (type == "FP16" || type == "FP32") type.erase(1, 1);
  GANGLION_ASSIGN(auto chosen, choose_by_type(groups, type, repository));
  if (chosen) return *std::move(chosen);
  return fail(ErrorCode::kNotFound, "{}: no GGUF file of that name or type: \"{}\"; {}{}",
              repository, selector,
              groups.empty() ? "it has none" : "there are:", list_groups(groups));
}

Result<FileSelection> choose_by_preference(const std::map<std::string, GgufGroup>& groups,
                                           std::string_view repository) {
  if (groups.size() == 1) return select_group(groups.begin()->first, groups.begin()->second);
  for (const std::string_view type : kPreferredTypes) {
    GANGLION_ASSIGN(auto chosen, choose_by_type(groups, type, repository));
    if (chosen) return *std::move(chosen);
  }
  return fail(ErrorCode::kConflict, "{}: several GGUF files; name one behind ':':{}", repository,
              list_groups(groups));
}

// Weights at the top, and the JSON and vocabulary files of models and of sentence-transformers.
bool belongs_to_folder(std::string_view path) {
  if (path.starts_with("consolidated")) return false;  // the same weights under other names
  if (path.find('/') == std::string_view::npos) {
    return path.ends_with(".safetensors") || path.ends_with(".json") ||
           path.ends_with(".tiktoken") || path.ends_with(".jinja") || path == "tokenizer.model" ||
           path == "spiece.model" || path == "sentencepiece.bpe.model" || path == "vocab.txt" ||
           path == "merges.txt";
  }
  const bool is_module = is_digit(path[0]) && path[1] == '_';  // "1_Pooling/config.json"
  return is_module && std::count(path.begin(), path.end(), '/') == 1 &&
         (path.ends_with("/config.json") || path.ends_with("/model.safetensors"));
}

Result<FileSelection> choose_folder(const std::vector<RepositoryFile>& files,
                                    std::string_view repository) {
  FileSelection selection;
  bool has_weights = false;
  bool has_config = false;
  bool has_pickles = false;
  for (const RepositoryFile& file : files) {
    has_pickles = has_pickles || file.path.ends_with(".bin") || file.path.ends_with(".pt") ||
                  file.path.ends_with(".pth");
    if (!belongs_to_folder(file.path)) continue;
    has_weights = has_weights || file.path.ends_with(".safetensors");
    has_config = has_config || file.path == "config.json" || file.path == "adapter_config.json";
    selection.files.push_back(file);
  }
  if (!has_weights) {
    return fail(ErrorCode::kUnsupported,
                "{}: holds neither GGUF nor safetensors files{}; look for a repository with "
                "\"GGUF\" in its name",
                repository,
                has_pickles ? " (PyTorch .bin files can run code and are not read)" : "");
  }
  if (!has_config) {
    return fail(ErrorCode::kUnsupported,
                "{}: has safetensors, but no config.json that says what model they are",
                repository);
  }
  return selection;
}

}  // namespace

std::string type_in_file_name(std::string_view path) {
  std::string upper = upper_ascii(path.substr(path.rfind('/') + 1));
  std::string type;
  std::string_view before;
  for (size_t at = 0; at < upper.size();) {
    const size_t end = std::min(upper.find_first_of("-.", at), upper.size());
    const std::string_view word = std::string_view(upper).substr(at, end - at);
    if (const std::string_view found = type_in_word(word); !found.empty()) {
      type = found == "FP16" ? "F16" : found == "FP32" ? "F32" : std::string(found);
      if (before == "UD") type.insert(0, "UD-");
    }
    before = word;
    at = end + 1;
  }
  return type;
}

Result<std::string> parse_repository_commit(std::string_view text, std::string_view source_name) {
  GANGLION_ASSIGN(const json::value answer, parse_json(text, source_name));
  if (!answer.is_object()) {
    return fail(ErrorCode::kMalformed, "{}: expected an object, found {}", source_name,
                json_kind_name(answer.kind()));
  }
  const Result<std::string_view> sha = json_string(answer.get_object(), "sha");
  if (!sha.ok()) return at_place(source_name, sha.error());
  if (sha->size() != 40 || sha->find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return fail(ErrorCode::kMalformed, "{}: \"sha\": expected a commit of 40 hexadecimal digits",
                source_name);
  }
  return std::string(*sha);
}

Status parse_repository_tree(std::string_view text, std::string_view source_name,
                             std::vector<RepositoryFile>& files) {
  GANGLION_ASSIGN(const json::value answer, parse_json(text, source_name));
  if (!answer.is_array()) {
    return fail(ErrorCode::kMalformed, "{}: expected an array of files, found {}", source_name,
                json_kind_name(answer.kind()));
  }
  for (const json::value& entry : answer.get_array()) {
    if (!entry.is_object()) {
      return fail(ErrorCode::kMalformed, "{}: expected an object for each file, found {}",
                  source_name, json_kind_name(entry.kind()));
    }
    const json::object& object = entry.get_object();
    const Result<std::string_view> type = json_string(object, "type");
    if (!type.ok()) return at_place(source_name, type.error());
    if (*type != "file") continue;
    Result<RepositoryFile> file = parse_entry(object);
    if (!file.ok()) return at_place(source_name, file.error());
    if (!is_safe_relative_path(file->path)) continue;
    if (files.size() == kMaxFiles) {
      return fail(ErrorCode::kLimit, "{}: more than {} files", source_name, kMaxFiles);
    }
    files.push_back(*std::move(file));
  }
  return {};
}

Result<FileSelection> choose_model_files(const std::vector<RepositoryFile>& files,
                                         std::string_view selector, std::string_view repository) {
  const std::map<std::string, GgufGroup> groups = group_gguf_files(files);
  if (!selector.empty()) return choose_by_selector(groups, selector, repository);
  if (!groups.empty()) return choose_by_preference(groups, repository);
  return choose_folder(files, repository);
}

}  // namespace ganglion

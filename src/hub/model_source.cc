#include "hub/model_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <vector>

#include "http/url.h"

namespace ganglion {
namespace {

constexpr std::string_view kForms =
    "expected hf:OWNER/NAME[:TYPE], ollama:NAME[:TAG], an http(s) address, or a file or folder";
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxPathBytes = 512;
constexpr size_t kMaxSourceBytes = 4096;

Error bad_source(std::string_view text, std::string_view problem) {
  return fail(ErrorCode::kInvalidArgument, "\"{}\": {}; {}", text, problem, kForms);
}

bool is_word(std::string_view text) {
  const auto is_word_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= kMaxNameBytes && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), is_word_byte);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at = 0;;) {
    const size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

Result<ModelSource> make_hugging_face(std::string_view text, std::string_view repository,
                                      std::string_view revision, std::string_view selector) {
  const std::vector<std::string_view> parts = split(repository, '/');
  if (parts.size() != 2 || !is_word(parts[0]) || !is_word(parts[1])) {
    return bad_source(text, "a Hugging Face repository is OWNER/NAME");
  }
  // Git allows no ':' in a name either, and in our form it ends the revision.
  if (!is_safe_relative_path(revision) || revision.find(':') != std::string_view::npos) {
    return bad_source(text, "its @revision is not a name");
  }
  if (!selector.empty() && !is_safe_relative_path(selector)) {
    return bad_source(text, "behind ':' comes a type such as Q4_K_M or a file");
  }
  ModelSource source;
  source.kind = SourceKind::kHuggingFace;
  source.repository = repository;
  source.revision = revision;
  source.selector = selector;
  source.text =
      fmt::format("hf:{}{}{}{}{}", repository, revision == "main" ? "" : "@",
                  revision == "main" ? "" : revision, selector.empty() ? "" : ":", selector);
  return source;
}

// owner/name[@revision][:selector]
Result<ModelSource> parse_hugging_face(std::string_view text, std::string_view rest) {
  const size_t colon = rest.find(':');
  const std::string_view selector = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  if (colon != std::string_view::npos && selector.empty()) {
    return bad_source(text, "nothing follows ':'");
  }
  rest = rest.substr(0, colon);
  const size_t at = rest.find('@');
  const std::string_view revision = at == std::string_view::npos ? "main" : rest.substr(at + 1);
  return make_hugging_face(text, rest.substr(0, at), revision, selector);
}

// [namespace/]name[:tag]
Result<ModelSource> parse_ollama(std::string_view text, std::string_view rest) {
  const size_t colon = rest.find(':');
  const std::string_view tag = colon == std::string_view::npos ? "latest" : rest.substr(colon + 1);
  const std::vector<std::string_view> parts = split(rest.substr(0, colon), '/');
  const bool words = std::all_of(parts.begin(), parts.end(), is_word);
  if (parts.size() > 2 || !words || !is_word(tag)) {
    return bad_source(text, "an Ollama model is [NAMESPACE/]NAME[:TAG]");
  }
  ModelSource source;
  source.kind = SourceKind::kOllama;
  source.repository =
      parts.size() == 2 ? std::string(rest.substr(0, colon)) : "library/" + std::string(parts[0]);
  source.revision = tag;
  source.text = fmt::format("ollama:{}:{}", rest.substr(0, colon), tag);
  return source;
}

// The path behind https://huggingface.co/: owner/name[/(tree|blob|resolve)/revision[/file]].
Result<ModelSource> parse_hub_page(std::string_view text, std::string_view path) {
  const std::vector<std::string_view> parts = split(path.substr(0, path.find('?')), '/');
  if (parts.size() < 2) return bad_source(text, "it names no repository");
  const std::string repository = fmt::format("{}/{}", parts[0], parts[1]);
  if (parts.size() == 2 || parts[2].empty()) {
    return make_hugging_face(text, repository, "main", "");
  }
  const bool known = parts[2] == "tree" || parts[2] == "blob" || parts[2] == "resolve";
  if (!known || parts.size() < 4) return bad_source(text, "it is no page of a repository's files");
  std::string file;
  for (size_t i = 4; i < parts.size(); ++i) {
    if (i > 4) file += '/';
    file += parts[i];
  }
  if (parts[2] == "tree" && !file.empty()) return bad_source(text, "it names a folder");
  return make_hugging_face(text, repository, parts[3], file);
}

Result<ModelSource> parse_address(std::string_view text) {
  constexpr std::array<std::string_view, 2> kHubs = {"https://huggingface.co/", "https://hf.co/"};
  for (const std::string_view hub : kHubs) {
    if (text.starts_with(hub)) return parse_hub_page(text, text.substr(hub.size()));
  }
  ModelSource source;
  source.kind = SourceKind::kUrl;
  const size_t hash = text.find('#');
  source.address = text.substr(0, hash);
  if (hash != std::string_view::npos) {
    constexpr std::string_view kKey = "sha256=";
    const std::string_view fragment = text.substr(hash + 1);
    source.sha256 = lower_ascii(fragment.substr(std::min(kKey.size(), fragment.size())));
    if (!fragment.starts_with(kKey) || !is_sha256_hex(source.sha256)) {
      return bad_source(text, "behind '#' comes sha256= and 64 hexadecimal digits");
    }
  }
  GANGLION_TRY(parse_url(source.address));
  source.text = source.address;
  return source;
}

Result<ModelSource> parse_path(std::string_view text) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(text, error);
  if (error) return fail(ErrorCode::kNotFound, "{}: cannot open: {}", text, error.message());
  ModelSource source;
  source.kind = SourceKind::kPath;
  source.address = path.string();
  source.text = source.address;
  return source;
}

bool looks_like_path(std::string_view text) {
  std::error_code ignored;
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
         text == "." || text == ".." || std::filesystem::exists(text, ignored);
}

// What comes last in a path or an address, without its query and a model file's ending.
std::string file_stem(std::string_view address) {
  address = address.substr(0, address.find('?'));
  while (address.ends_with('/')) address.remove_suffix(1);
  address = address.substr(address.rfind('/') + 1);
  for (const std::string_view ending : {".gguf", ".safetensors"}) {
    if (address.ends_with(ending)) address.remove_suffix(ending.size());
  }
  return std::string(address);
}

}  // namespace

Result<ModelSource> parse_model_source(std::string_view text) {
  if (text.empty() || text.size() > kMaxSourceBytes || text.find('\0') != std::string_view::npos) {
    return bad_source(text.substr(0, 64), "not a source");
  }
  if (text.starts_with("hf:")) return parse_hugging_face(text, text.substr(3));
  if (text.starts_with("ollama:")) return parse_ollama(text, text.substr(7));
  if (text.find("://") != std::string_view::npos) return parse_address(text);
  if (looks_like_path(text)) return parse_path(text);
  const std::string_view head = text.substr(0, text.find_first_of("@:"));
  if (std::count(head.begin(), head.end(), '/') == 1) return parse_hugging_face(text, text);
  if (head.find('/') == std::string_view::npos && is_word(head) && !head.ends_with(".gguf")) {
    return bad_source(text, fmt::format("no such file; a model of the Ollama registry is "
                                        "ollama:{}",
                                        text));
  }
  return bad_source(text, "no such file, and no source of a known form");
}

std::string default_model_name(const ModelSource& source, std::string_view type) {
  std::string name;
  if (source.kind == SourceKind::kHuggingFace) {
    name = lower_ascii(source.repository.substr(source.repository.find('/') + 1));
    for (const std::string_view ending : {"-gguf", "_gguf", ".gguf"}) {
      if (name.ends_with(ending)) name.resize(name.size() - ending.size());
    }
    if (!type.empty()) name += ":" + lower_ascii(type);
  } else if (source.kind == SourceKind::kOllama) {
    name = lower_ascii(source.repository.substr(source.repository.find('/') + 1) + ":" +
                       source.revision);
  } else {
    name = lower_ascii(file_stem(source.address));
  }
  for (char& c : name) {
    if (!check_model_name(std::string("x") + c).ok()) c = '-';
  }
  name.erase(0, std::min(name.find_first_not_of("-._:"), name.size()));
  name.resize(std::min(name.size(), kMaxNameBytes));
  return name.empty() ? "model" : name;
}

Status check_model_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_allowed = [&](char c) {
    return is_plain(c) || c == '.' || c == '_' || c == ':' || c == '-';
  };
  if (!name.empty() && name.size() <= kMaxNameBytes && is_plain(name.front()) &&
      std::all_of(name.begin(), name.end(), is_allowed)) {
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              "model name \"{}\": expected 1 to {} of a-z, 0-9 and \".\", \"_\", \":\", \"-\", "
              "beginning with a letter or digit",
              name, kMaxNameBytes);
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_safe_relative_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPathBytes) return false;
  const auto is_bad = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || c == '\\';
  };
  if (std::any_of(path.begin(), path.end(), is_bad)) return false;
  const std::vector<std::string_view> parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part.front() == '.' || part.size() > 255;
  });
}

}  // namespace ganglion

#include "hub/model_listing.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "base/rng.h"
#include "hub/registry_manifest.h"
#include "hub/repository_files.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxPages = 200;
constexpr std::string_view kSingleFile = "model.gguf";

// One small answer, repeated as often as a download would be.
Result<WebResponse> get_text(const DownloadContext& context, std::string_view what,
                             const WebRequest& request) {
  Rng rng(static_cast<uint64_t>(context.clock.wall_us()));
  for (int attempt = 1;; ++attempt) {
    Result<WebResponse> outcome = context.web.get(request);
    if (outcome.ok() && outcome->http.status == 200) return outcome;
    const Error error =
        outcome.ok() ? status_error(what, *outcome, request.denied_advice) : outcome.error();
    const auto answer = outcome.ok() ? Result<HttpResponse>(outcome->http) : outcome.error();
    const auto delay_ms =
        retry_delay_ms(context.retry, attempt, answer, context.clock.wall_us(), rng);
    if (!delay_ms) return error;
    context.observer.note(fmt::format("{}; trying again in {:.1f} s", error.message,
                                      static_cast<double>(*delay_ms) * 1e-3));
    context.sleep_ms(*delay_ms);
  }
}

std::string_view without_slash(std::string_view address) {
  while (address.ends_with('/')) address.remove_suffix(1);
  return address;
}

// Each segment encoded, the slashes kept.
std::string encode_path(std::string_view path) {
  std::string encoded;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (at > 0) encoded += '/';
    encoded += percent_encode(path.substr(at, end - at));
    at = end + 1;
  }
  return encoded;
}

// The address in `Link: <…>; rel="next"`, or nothing.
std::optional<std::string> next_page(const HttpResponse& response) {
  const auto link = response.header("link");
  if (!link || link->find("rel=\"next\"") == std::string_view::npos) return std::nullopt;
  const size_t open = link->find('<');
  const size_t close = link->find('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  return std::string(link->substr(open + 1, close - open - 1));
}

class HuggingFace {
 public:
  HuggingFace(const DownloadContext& context, const HubAddresses& addresses,
              const ModelSource& source)
      : context_(context), addresses_(addresses), source_(source) {}

  Result<ModelListing> list() const;

 private:
  Result<WebRequest> request(std::string_view path) const;
  Result<std::vector<RepositoryFile>> list_files(const std::string& commit) const;

  const DownloadContext& context_;
  const HubAddresses& addresses_;
  const ModelSource& source_;
};

Result<WebRequest> HuggingFace::request(std::string_view path) const {
  WebRequest request;
  GANGLION_ASSIGN(request.url,
                  parse_url(fmt::format("{}{}", without_slash(addresses_.hugging_face), path)));
  request.token = addresses_.hugging_face_token;
  request.denied_advice =
      request.token.empty()
          ? fmt::format(
                "it does not exist, or needs a token: accept the model's licence at "
                "https://huggingface.co/{} and set HF_TOKEN",
                source_.repository)
          : fmt::format(
                "HF_TOKEN does not open it: accept the model's licence at "
                "https://huggingface.co/{}, or use a token that may read it",
                source_.repository);
  return request;
}

Result<std::vector<RepositoryFile>> HuggingFace::list_files(const std::string& commit) const {
  std::vector<RepositoryFile> files;
  GANGLION_ASSIGN(WebRequest page, request(fmt::format("/api/models/{}/tree/{}?recursive=true",
                                                       source_.repository, commit)));
  for (int number = 1;; ++number) {
    GANGLION_ASSIGN(const WebResponse answer, get_text(context_, source_.text, page));
    GANGLION_TRY(parse_repository_tree(answer.http.body, page.url.text(), files));
    const auto next = next_page(answer.http);
    if (!next) return files;
    if (number == kMaxPages) {
      return fail(ErrorCode::kLimit, "{}: its list of files has more than {} pages", source_.text,
                  kMaxPages);
    }
    GANGLION_ASSIGN(const Url url, resolve_reference(page.url, *next));
    page.url.path = url.path;  // the token goes nowhere else, whatever the list says
  }
}

Result<ModelListing> HuggingFace::list() const {
  GANGLION_ASSIGN(const WebRequest revision,
                  request(fmt::format("/api/models/{}/revision/{}", source_.repository,
                                      percent_encode(source_.revision))));
  GANGLION_ASSIGN(const WebResponse answer, get_text(context_, source_.text, revision));
  ModelListing listing;
  GANGLION_ASSIGN(listing.revision, parse_repository_commit(answer.http.body, revision.url.text()));
  GANGLION_ASSIGN(const auto files, list_files(listing.revision));
  GANGLION_ASSIGN(FileSelection chosen,
                  choose_model_files(files, source_.selector, source_.repository));
  listing.type = chosen.type;
  listing.main = chosen.main;
  for (const RepositoryFile& file : chosen.files) {
    ListedFile listed;
    listed.remote.path = file.path;
    listed.remote.size = file.size;
    listed.remote.sha256 = file.sha256;
    GANGLION_ASSIGN(listed.remote.request,
                    request(fmt::format("/{}/resolve/{}/{}", source_.repository, listing.revision,
                                        encode_path(file.path))));
    listing.files.push_back(std::move(listed));
  }
  return listing;
}

Result<ModelListing> list_registry(const DownloadContext& context, const HubAddresses& addresses,
                                   const ModelSource& source) {
  const std::string base =
      fmt::format("{}/v2/{}", without_slash(addresses.ollama), source.repository);
  WebRequest request;
  request.denied_advice = "it is private, or does not exist";
  GANGLION_ASSIGN(request.url, parse_url(fmt::format("{}/manifests/{}", base, source.revision)));
  WebRequest manifest = request;
  manifest.headers = {{"Accept", "application/vnd.docker.distribution.manifest.v2+json"}};
  GANGLION_ASSIGN(const WebResponse answer, get_text(context, source.text, manifest));
  GANGLION_ASSIGN(const auto layers, parse_registry_manifest(answer.http.body, request.url.text()));
  ModelListing listing;
  listing.revision = source.revision;
  listing.main = kSingleFile;
  for (const RegistryLayer& layer : layers) {
    ListedFile listed;
    listed.remote.path = layer.path;
    listed.remote.size = layer.size;
    listed.remote.sha256 = layer.sha256;
    listed.remote.request = request;
    GANGLION_ASSIGN(listed.remote.request.url,
                    parse_url(fmt::format("{}/blobs/sha256:{}", base, layer.sha256)));
    listing.files.push_back(std::move(listed));
  }
  return listing;
}

// The last part of an address or path, if a GGUF file may be called so.
std::string gguf_name(std::string_view path) {
  path = path.substr(0, path.find('?'));
  path = path.substr(path.rfind('/') + 1);
  const bool is_fine = path.ends_with(".gguf") && is_safe_relative_path(path);
  return std::string(is_fine ? path : kSingleFile);
}

Result<ModelListing> list_address(const ModelSource& source) {
  ListedFile file;
  GANGLION_ASSIGN(file.remote.request.url, parse_url(source.address));
  file.remote.request.denied_advice =
      "it needs a login; for a model of the Hugging Face hub use hf:OWNER/NAME and HF_TOKEN";
  file.remote.path = gguf_name(file.remote.request.url.path);
  file.remote.sha256 = source.sha256;
  return ModelListing{"", type_in_file_name(file.remote.path), file.remote.path, {file}};
}

// The regular files of a folder, and of its folders, as a repository would list them.
Result<std::vector<RepositoryFile>> list_folder(const fs::path& folder) {
  std::vector<RepositoryFile> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (it.depth() == 1) it.disable_recursion_pending();
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    const std::string path = it->path().lexically_relative(folder).generic_string();
    if (is_safe_relative_path(path)) files.push_back({path, it->file_size(ignored), ""});
  }
  if (error) {
    return fail(ErrorCode::kIo, "{}: cannot list: {}", folder.string(), error.message());
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

Result<ModelListing> list_path(const ModelSource& source) {
  const fs::path path = source.address;
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  const std::string name = path.filename().string();
  if (!is_folder && path.extension() == ".safetensors") {
    return fail(ErrorCode::kUnsupported,
                "{}: name the folder, which has the model's config.json and tokenizer too",
                path.string());
  }
  if (!is_folder && gguf_name(name) != name) {  // such as a blob of another program's store
    ListedFile file;
    file.remote.path = kSingleFile;
    file.remote.size = fs::file_size(path, ignored);
    file.local = path;
    return ModelListing{"", "", std::string(kSingleFile), {file}};
  }
  const fs::path folder = is_folder ? path : path.parent_path();
  GANGLION_ASSIGN(const std::vector<RepositoryFile> files, list_folder(folder));
  GANGLION_ASSIGN(const FileSelection chosen,
                  choose_model_files(files, is_folder ? "" : name, folder.string()));
  ModelListing listing{"", chosen.type, chosen.main, {}};
  for (const RepositoryFile& file : chosen.files) {
    ListedFile listed;
    listed.remote.path = file.path;
    listed.remote.size = file.size;
    listed.local = folder / file.path;
    listing.files.push_back(std::move(listed));
  }
  return listing;
}

}  // namespace

Result<ModelListing> list_model(const DownloadContext& context, const HubAddresses& addresses,
                                const ModelSource& source) {
  switch (source.kind) {
    case SourceKind::kHuggingFace:
      return HuggingFace(context, addresses, source).list();
    case SourceKind::kOllama:
      return list_registry(context, addresses, source);
    case SourceKind::kUrl:
      return list_address(source);
    case SourceKind::kPath:
      return list_path(source);
  }
  return fail(ErrorCode::kUnsupported, "{}: no such kind of source", source.text);
}

}  // namespace ganglion

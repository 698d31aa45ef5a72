// ganglion list: the models in the store.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "hub/byte_size.h"
#include "text/json.h"

namespace ganglion {
namespace {

// Bytes of downloads that were begun and not finished.
uint64_t unfinished_bytes(const ModelStore& store) {
  uint64_t bytes = 0;
  std::error_code error;
  std::filesystem::directory_iterator it(store.partial_path(""), error);
  for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const uint64_t size = it->file_size(ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

json::object model_json(const ModelStore& store, const Manifest& manifest) {
  return {{"name", manifest.name},
          {"bytes", manifest.size()},
          {"type", manifest.type},
          {"source", manifest.source},
          {"revision", manifest.revision},
          {"pulled_at_us", manifest.pulled_at_us},
          {"path", store.model_path(manifest).string()}};
}

void print_table(const ModelStore& store, const std::vector<Manifest>& manifests) {
  if (manifests.empty()) {
    fmt::print("no models in {}; `ganglion pull SOURCE` fetches one\n", store.root().string());
    return;
  }
  size_t width = 4;
  for (const Manifest& manifest : manifests) width = std::max(width, manifest.name.size());
  fmt::print("{:<{}}  {:>8}  {:<16}  {}\n", "name", width, "size", "pulled (UTC)", "source");
  for (const Manifest& manifest : manifests) {
    fmt::print("{:<{}}  {:>8}  {:<16}  {}\n", manifest.name, width, byte_size_text(manifest.size()),
               utc_minute_text(manifest.pulled_at_us), manifest.source);
  }
}

void run_list(bool as_json) {
  const ModelStore store = open_model_store();
  const std::vector<Manifest> manifests = or_fail(store.list());
  const uint64_t unfinished = unfinished_bytes(store);
  if (as_json) {
    json::array models;
    for (const Manifest& manifest : manifests) models.push_back(model_json(store, manifest));
    fmt::print("{}\n", to_json_text(json::object{{"folder", store.root().string()},
                                                 {"models", std::move(models)},
                                                 {"unfinished_bytes", unfinished}}));
    return;
  }
  print_table(store, manifests);
  if (unfinished > 0) {
    fmt::print("{} of unfinished downloads in {}: pull again to go on\n",
               byte_size_text(unfinished), store.partial_path("").string());
  }
}

}  // namespace

void add_list_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("list", "List the models in the model store");
  const auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Print a JSON object");
  command->callback([as_json] { run_list(*as_json); });
}

}  // namespace ganglion

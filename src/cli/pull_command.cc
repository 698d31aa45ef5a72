// ganglion pull: a model from a hub, an address or a path into the model store.
#include "hub/pull.h"

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/transfer_progress.h"
#include "hub/byte_size.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct PullArguments {
  std::string source;
  std::string name;
  bool json = false;
  bool quiet = false;
};

HubAddresses hub_addresses() {
  HubAddresses addresses;
  if (const std::string text = environment_variable("HF_ENDPOINT"); !text.empty()) {
    addresses.hugging_face = text;
  }
  if (const std::string text = environment_variable("OLLAMA_REGISTRY"); !text.empty()) {
    addresses.ollama = text;
  }
  addresses.hugging_face_token = environment_variable("HF_TOKEN");
  return addresses;
}

WebClient make_web_client() {
  HttpClientOptions options;
  options.connect_timeout_ms = 15'000;
  options.idle_timeout_ms = 30'000;
  options.total_timeout_ms = 120'000;
  options.max_body_bytes = 32 << 20;
  return or_fail(WebClient::create(std::move(options)));
}

json::object pulled_json(const ModelStore& store, const Pulled& pulled) {
  json::array files;
  for (const StoredFile& file : pulled.manifest.files) {
    files.push_back(
        json::object{{"path", file.path}, {"bytes", file.size}, {"sha256", file.sha256}});
  }
  return {
      {"name", pulled.manifest.name},          {"path", store.model_path(pulled.manifest).string()},
      {"source", pulled.manifest.source},      {"revision", pulled.manifest.revision},
      {"type", pulled.manifest.type},          {"bytes", pulled.manifest.size()},
      {"fetched_bytes", pulled.fetched_bytes}, {"files", std::move(files)}};
}

void run_pull(const PullArguments& arguments) {
  const Result<ModelSource> source = parse_model_source(arguments.source);
  if (!source.ok()) {
    const bool is_usage = source.error().code == ErrorCode::kInvalidArgument;
    throw CommandFailure{is_usage ? ExitCode::kUsage : ExitCode::kFailed, source.error()};
  }
  const ModelStore store = open_model_store();
  const WebClient web = make_web_client();
  const Pulled pulled = [&] {
    TransferProgress progress(!arguments.quiet);
    const DownloadContext context{
        store,
        web,
        system_clock(),
        progress,
        [](int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); },
        free_bytes_of,
        RetryPolicy{.max_attempts = 6}};
    return or_fail(pull_model(context, hub_addresses(), *source, arguments.name));
  }();
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(pulled_json(store, pulled)));
    return;
  }
  fmt::print("{}  {}  {}\n", pulled.manifest.name, byte_size_text(pulled.manifest.size()),
             store.model_path(pulled.manifest).string());
}

}  // namespace

void add_pull_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("pull", "Download a model into the model store, or import it");
  const auto arguments = std::make_shared<PullArguments>();
  command
      ->add_option("source", arguments->source,
                   "hf:OWNER/NAME[@REVISION][:TYPE or :FILE], ollama:NAME[:TAG], an http(s) "
                   "address[#sha256=HEX], or a file or folder")
      ->required();
  const auto check_name = [](const std::string& name) {
    const Status status = check_model_name(name);
    return status.ok() ? std::string() : status.error().message;
  };
  command->add_option("--name", arguments->name, "The name to store it under (default: by source)")
      ->check(CLI::Validator(check_name, ""));
  command->add_flag("--json", arguments->json, "Print a JSON object");
  command->add_flag("--quiet", arguments->quiet, "No progress on standard error");
  command->callback([arguments] { run_pull(*arguments); });
}

}  // namespace ganglion

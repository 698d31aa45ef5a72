// ganglion why ID

#include <fmt/core.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/terminal_style.h"
#include "ledger/decision_json.h"
#include "ledger/explanation.h"
#include "ledger/ledger_reader.h"

namespace ganglion {
namespace {

struct WhyArguments {
  std::string name;
  std::string path = kDefaultLedgerPath;
  bool json = false;
};

void print_explanation(const WhyArguments& arguments) {
  const LedgerReader reader = or_fail(LedgerReader::open(arguments.path));
  const DecisionRecord record = or_fail(reader.find(arguments.name));
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(record_to_json(record)));
  } else {
    fmt::print("{}", explain_decision(record, {.use_colour = stdout_takes_colour()}));
  }
}

}  // namespace

void add_why_command(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("why", "Explain one decision");
  const auto arguments = std::make_shared<WhyArguments>();
  command->add_option("id", arguments->name, "The id of a decision, its beginning, or a request id")
      ->required();
  command->add_option("--ledger", arguments->path, "The ledger file")->capture_default_str();
  command->add_flag("--json", arguments->json, "Print JSON");
  command->callback([arguments] { print_explanation(*arguments); });
}

}  // namespace ganglion

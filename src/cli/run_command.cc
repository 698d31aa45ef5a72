// ganglion run: tickets through a mesh.
#include <fmt/core.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output_path.h"
#include "cli/terminal_progress.h"
#include "cli/terminal_style.h"
#include "evaluation/figures_text.h"
#include "evaluation/report_html.h"
#include "evaluation/run_collector.h"
#include "evaluation/run_figures.h"
#include "ledger/id_generator.h"
#include "ledger/ledger.h"
#include "mesh/calibration.h"
#include "mesh/outcome_json.h"
#include "mesh/outcome_record.h"
#include "mesh/policy_labels.h"
#include "mesh/reflex_skills.h"
#include "mesh/ticket_run.h"

namespace ganglion {
namespace {

constexpr size_t kMaxReportTickets = 1000;

struct RunArguments {
  std::string mesh;
  std::string input;
  std::string output;
  std::string report;
  std::string on_error = "stop";
  size_t threads = 0;
  bool json = false;
  bool quiet = false;
};

[[noreturn]] void refuse(std::string message) {
  throw CommandFailure{ExitCode::kViolated, Error{ErrorCode::kDenied, std::move(message)}};
}

uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

// The remote tier with all it stands on.
struct Remote {
  Remote(const MeshFile& mesh, const ReflexSkills& skills)
      : egress(skills.redactor()), budget(mesh.budget_micros) {
    if (!mesh.remote) return;
    const RemoteTier& tier = *mesh.remote;
    std::string key;
    if (!tier.api_key_env.empty()) {
      const char* value = std::getenv(tier.api_key_env.c_str());
      if (value == nullptr || *value == '\0') {
        throw CommandFailure{
            ExitCode::kFailed,
            fail(ErrorCode::kNotFound,
                 "the environment variable {} is not set; tiers.remote.api_key_env of {} names it "
                 "as the place of the key",
                 tier.api_key_env, mesh.path.string())};
      }
      key = value;
    }
    auto client = or_fail(ChatClient::create(
        chat_client_options(tier, std::move(key)), system_clock(),
        [](int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); },
        random_seed()));
    model =
        std::make_unique<RemoteModel>(tier, mesh.price, skills, egress, std::move(client), budget);
  }

  Egress egress;
  Budget budget;
  std::unique_ptr<RemoteModel> model;  // null: the mesh has no remote tier
};

// Whether the mesh's policy lets the run begin on this certificate.
void check_policy(const MeshFile& mesh, const Certificate& certificate) {
  if (!certificate.threshold) {
    if (mesh.policy.when_uncertified == OnViolation::kRefuse) {
      refuse(fmt::format(
          "no threshold keeps the error rate at or below {:.3g} with confidence {:.3g} on the {} "
          "calibration tickets, and policy.when_uncertified is refuse: nothing was run",
          mesh.limits.alpha, 1 - mesh.limits.delta, certificate.calibration_size));
    }
    return;
  }
  if (!certificate.within_escalation_share &&
      mesh.policy.when_share_exceeded == OnViolation::kRefuse) {
    refuse(fmt::format(
        "keeping the error rate at or below {:.3g} escalates {} of the calibration tickets, more "
        "than max_escalation_share ({}), and policy.when_share_exceeded is refuse: nothing was run",
        mesh.limits.alpha, percent_text(certificate.escalation_share),
        percent_text(mesh.limits.max_escalation_share)));
  }
}

std::unique_ptr<const ReflexSkills> load_skills(const MeshFile& mesh) {
  std::unique_ptr<const ReflexSkills> skills = or_fail(ReflexSkills::load(mesh));
  or_fail(check_policy_labels(mesh, *skills));
  return skills;
}

std::ifstream open_input(const std::string& path) {
  std::ifstream file(path);
  std::error_code ignored;
  if (file && !std::filesystem::is_regular_file(path, ignored)) {
    throw CommandFailure{ExitCode::kFailed,
                         fail(ErrorCode::kInvalidArgument,
                              "{}: expected a JSONL file, found a folder or a pipe; the file is "
                              "read twice: once to check it, once to run it",
                              path)};
  }
  if (!file) {
    throw CommandFailure{ExitCode::kFailed,
                         fail(ErrorCode::kNotFound, "{}: cannot be opened: {}; expected JSONL",
                              path, std::strerror(errno))};
  }
  return file;
}

InputScan scan_input(const RunArguments& arguments, const std::vector<std::string>& skill_names) {
  std::ifstream file = open_input(arguments.input);
  const InputScan scan = scan_tickets(TicketReader(file, arguments.input, skill_names));
  if (scan.num_tickets == 0 && scan.num_bad_lines == 0) {
    throw CommandFailure{
        ExitCode::kFailed,
        fail(ErrorCode::kMalformed, "{}: no tickets; expected at least one line with \"text\"",
             arguments.input)};
  }
  if (scan.num_bad_lines == 0) return scan;
  if (arguments.on_error == "stop") {
    std::string message = fmt::format("{} bad line{}, nothing was run", scan.num_bad_lines,
                                      scan.num_bad_lines == 1 ? "" : "s");
    for (const std::string& problem : scan.first_problems) message += "\n  " + problem;
    throw CommandFailure{ExitCode::kFailed, Error{ErrorCode::kMalformed, message}};
  }
  for (const std::string& problem : scan.first_problems) {
    fmt::print(stderr, "left out: {}\n", problem);
  }
  fmt::print(stderr, "{} bad lines are left out\n", scan.num_bad_lines);
  return scan;
}

std::string utc_text(int64_t wall_us) {
  const auto seconds = static_cast<time_t>(wall_us / 1'000'000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts)};
}

void print_result(const RunArguments& arguments, const RunFigures& figures) {
  if (arguments.json) {
    fmt::print("{}\n", figures_json(figures));
    return;
  }
  fmt::print("\n{}\n  {:<26}{}\n", figures_table(figures), "answers", arguments.output);
  if (!arguments.report.empty()) fmt::print("  {:<26}{}\n", "report", arguments.report);
}

// One run, in the order of its steps.
class MeshRun {
 public:
  explicit MeshRun(const RunArguments& arguments)
      : arguments_(arguments),
        mesh_(or_fail(load_mesh_file(arguments.mesh))),
        skills_(load_skills(mesh_)),
        scan_(scan_input(arguments, skills_->skill_names())),
        certificate_(or_fail(calibrate(mesh_, *skills_)).certificate),
        router_(judged_skills(mesh_, *skills_), mesh_.policy.always_escalate,
                certificate_.threshold),
        collector_(skills_->skill_names().front(), judged_skills(mesh_, *skills_),
                   arguments.report.empty() ? 0 : kMaxReportTickets) {
    check_policy(mesh_, certificate_);
  }

  RunFigures run() {
    Remote remote(mesh_, *skills_);
    const RunIdentity identity{skills_->skill_names().front(), mesh_.sha256_hex, skills_->models(),
                               certificate_.threshold};
    const std::unique_ptr<Ledger> ledger = or_fail(Ledger::open(mesh_.ledger));
    ReviewQueue queue = or_fail(ReviewQueue::open(mesh_.person_queue, OpenMode::kCreate));
    LedgerSink ledger_sink(*ledger, identity);
    PersonQueueSink queue_sink(queue, identity);
    OutcomeFile output(or_fail(AtomicFileWriter::open(arguments_.output)), skills_->skill_names(),
                       certificate_.threshold);
    // In this order: an answer is never seen before its queue entry and its ledger line are safe.
    OutcomeSink* const sinks[] = {&queue_sink, &ledger_sink, &output, &collector_};
    const int64_t start_ns = system_clock().steady_ns();
    run_all(remote.model.get(), sinks);
    for (OutcomeSink* sink : sinks) or_fail(sink->finish());
    const double seconds = static_cast<double>(system_clock().steady_ns() - start_ns) / 1e9;
    return run_figures(collector_.rows(), {mesh_, certificate_, scan_.num_bad_lines, seconds});
  }

  void write_report(const RunFigures& figures) const {
    if (arguments_.report.empty()) return;
    const std::string command =
        fmt::format("ganglion run {} --input {} --output {} --report {}", arguments_.mesh,
                    arguments_.input, arguments_.output, arguments_.report);
    const ReportInput input{
        figures,          collector_, skills_->skill_names(), utc_text(system_clock().wall_us()),
        arguments_.input, command};
    or_fail(write_file_atomic(arguments_.report, report_html(input)));
  }

 private:
  void run_all(RemoteAsker* remote, std::span<OutcomeSink* const> sinks) {
    std::ifstream file = open_input(arguments_.input);
    TerminalProgress progress("running", "tickets", !arguments_.quiet);
    IdGenerator ids(system_clock(), random_seed());
    const RunTiers tiers{*skills_, router_, remote, mesh_.price, system_clock(), ids};
    RunOptions options;
    options.skip_bad_lines = arguments_.on_error == "skip";
    options.reflex_threads = arguments_.threads;
    if (options.reflex_threads == 0) {
      options.reflex_threads = std::max(1U, std::thread::hardware_concurrency());
    }
    if (mesh_.remote) options.remote_threads = static_cast<size_t>(mesh_.remote->concurrency);
    or_fail(run_tickets(TicketReader(file, arguments_.input, skills_->skill_names()),
                        scan_.num_tickets, tiers, options, sinks, progress));
  }

  const RunArguments& arguments_;
  const MeshFile mesh_;
  const std::unique_ptr<const ReflexSkills> skills_;
  const InputScan scan_;
  const Certificate certificate_;
  const Router router_;
  RunCollector collector_;
};

void check_paths(const RunArguments& arguments) {
  const NamedPath output{"--output", arguments.output};
  const NamedPath report{"--report", arguments.report};
  check_output_path(output, {{"--input", arguments.input}, {"mesh", arguments.mesh}, report});
  if (report.path.empty()) return;
  check_output_path(report, {{"--input", arguments.input}, {"mesh", arguments.mesh}});
}

void run_mesh(const RunArguments& arguments) {
  check_paths(arguments);
  MeshRun run(arguments);
  const RunFigures figures = run.run();
  print_result(arguments, figures);
  run.write_report(figures);
  const std::vector<std::string> violated = violated_limits(figures);
  if (violated.empty()) return;
  std::string message = "the run is complete, but a limit is not kept";
  for (const std::string& sentence : violated) message += ": " + sentence;
  refuse(std::move(message));
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* const command = app.add_subcommand(
      "run",
      "Run tickets through a mesh: answer locally what is sure enough, escalate the rest.\n"
      "Exit code 0: done; 1: the mesh, the input or a service is at fault; 2: wrong arguments;\n"
      "3: done (or refused by policy), but a limit of the mesh is not kept.");
  command->add_option("mesh", arguments->mesh, "The mesh file, such as mesh.yaml")->required();
  command->add_option("--input", arguments->input, "Tickets, a JSON object with \"text\" a line")
      ->required();
  command->add_option("--output", arguments->output, "Answers, a JSON object a line")->required();
  command->add_option("--report", arguments->report, "Write an HTML report here");
  command
      ->add_option("--on-error", arguments->on_error,
                   "Bad input lines: stop before anything is run, or skip and count them")
      ->check(CLI::IsMember({"stop", "skip"}))
      ->capture_default_str();
  command->add_option("--threads", arguments->threads, "Of the reflex tier; 0: one a processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print the figures as JSON");
  command->add_flag("--quiet", arguments->quiet, "No progress bar");
  command->callback([arguments] { run_mesh(*arguments); });
}

}  // namespace ganglion

// ganglion queue: what waits for a person, and what persons answered.
#include <fmt/core.h>

#include <memory>
#include <set>
#include <string>

#include "base/atomic_file_writer.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/text_checks.h"
#include "store/review_queue.h"
#include "text/edit_distance.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr size_t kPage = 500;

struct QueueArguments {
  std::string path = "queue.db";
  std::string id;
  ReviewAnswer answer;
  std::string output;
  size_t limit = 20;
  bool answered = false;
  bool json = false;
  bool full = false;
  bool new_label = false;
};

// Calls `take` with every entry, page by page.
template <typename Take>
void for_each_entry(const ReviewQueue& queue, ReviewFilter filter, size_t limit, Take&& take) {
  std::string after;
  while (limit > 0) {
    const auto page = or_fail(queue.list(filter, std::min(limit, kPage), after));
    if (page.empty()) return;
    for (const ReviewEntry& entry : page) take(entry);
    limit -= page.size();
    after = page.back().item.id;
  }
}

json::object entry_json(const ReviewEntry& entry) {
  const ReviewItem& item = entry.item;
  json::object object{{"id", item.id},
                      {"request_id", item.request_id},
                      {"skill", item.skill},
                      {"text", item.text},
                      {"reason", item.reason},
                      {"suggestion", item.suggestion},
                      {"confidence", item.confidence}};
  if (entry.answer) {
    object["label"] = entry.answer->label;
    object["answered_by"] = entry.answer->answered_by;
    object["note"] = entry.answer->note;
  }
  return object;
}

// The first `width` characters of the text on one line.
std::string one_line(const std::string& text, size_t width) {
  std::string line;
  size_t characters = 0;
  for (const char c : text) {
    const bool starts_character = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (starts_character && ++characters > width) return line + "…";
    // Control characters of a hostile ticket must not reach the terminal.
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return line;
}

void print_entry(const ReviewEntry& entry, bool full) {
  const ReviewItem& item = entry.item;
  fmt::print("{}  {} · {} · suggested: {} ({:.0f} %)\n", item.id, item.request_id, item.reason,
             item.suggestion.empty() ? "nothing" : item.suggestion, 100 * item.confidence);
  const size_t width = full ? item.text.size() : 92;
  fmt::print("  {}\n", item.text.empty() ? "(text withheld: it could not be checked)"
                                         : one_line(item.text, width));
  if (entry.answer) {
    fmt::print("  answered: {}{}{}\n", entry.answer->label,
               entry.answer->answered_by.empty() ? "" : " by ", entry.answer->answered_by);
  }
}

void list_queue(const QueueArguments& arguments) {
  const ReviewQueue queue = or_fail(ReviewQueue::open(arguments.path, OpenMode::kReadOnly));
  const ReviewFilter filter = arguments.answered ? ReviewFilter::kAnswered : ReviewFilter::kWaiting;
  size_t shown = 0;
  for_each_entry(queue, filter, arguments.limit, [&](const ReviewEntry& entry) {
    ++shown;
    if (arguments.json) {
      fmt::print("{}\n", to_json_text(entry_json(entry)));
    } else {
      print_entry(entry, arguments.full);
    }
  });
  if (arguments.json) return;
  const ReviewCounts counts = or_fail(queue.counts());
  const auto total = static_cast<size_t>(arguments.answered ? counts.answered : counts.waiting);
  if (shown < total) {
    fmt::print("{} of {} {} shown; --limit N for more\n", shown, total,
               arguments.answered ? "answered" : "waiting");
  }
  fmt::print("{} waiting, {} answered\n", counts.waiting, counts.answered);
  if (counts.waiting > 0 && !arguments.answered) {
    fmt::print("answer one with: ganglion queue answer ID --label L --queue {}\n", arguments.path);
  }
}

// A label that nobody used before is often a slip, and would become training data.
void check_label(const ReviewQueue& queue, const QueueArguments& arguments) {
  if (arguments.new_label) return;
  std::set<std::string> known;
  for_each_entry(queue, ReviewFilter::kAll, SIZE_MAX, [&](const ReviewEntry& entry) {
    if (!entry.item.suggestion.empty()) known.insert(entry.item.suggestion);
    if (entry.answer) known.insert(entry.answer->label);
  });
  if (known.contains(arguments.answer.label)) return;
  const std::vector<std::string> labels(known.begin(), known.end());
  const auto nearest = nearest_word(arguments.answer.label, labels);
  throw CommandFailure{
      ExitCode::kUsage,
      fail(ErrorCode::kInvalidArgument,
           "label \"{}\" was not used in this queue before{}; add "
           "--new-label if it is meant",
           arguments.answer.label, nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "")};
}

void answer_entry(const QueueArguments& arguments) {
  ReviewQueue queue = or_fail(ReviewQueue::open(arguments.path, OpenMode::kWrite));
  or_fail(queue.find(arguments.id));
  check_label(queue, arguments);
  ReviewAnswer answer = arguments.answer;
  answer.answered_us = system_clock().wall_us();
  or_fail(queue.answer(arguments.id, answer));
  fmt::print("{}: {}\n", arguments.id, answer.label);
}

// {"id", "text", "<skill>": label}: what --input, a calibration set and training read.
void export_answers(const QueueArguments& arguments) {
  const ReviewQueue queue = or_fail(ReviewQueue::open(arguments.path, OpenMode::kReadOnly));
  AtomicFileWriter writer = or_fail(AtomicFileWriter::open(arguments.output));
  size_t written = 0;
  size_t without_text = 0;
  for_each_entry(queue, ReviewFilter::kAnswered, SIZE_MAX, [&](const ReviewEntry& entry) {
    if (entry.item.text.empty()) {
      ++without_text;
      return;
    }
    json::object line{{"id", entry.item.request_id}, {"text", entry.item.text}};
    line[entry.item.skill] = entry.answer->label;
    or_fail(writer.append(to_json_text(line) + "\n"));
    ++written;
  });
  or_fail(writer.commit());
  fmt::print("{} {} written to {}", written, written == 1 ? "answer" : "answers", arguments.output);
  if (without_text > 0) {
    fmt::print("; {} left out without a text", without_text);
  }
  fmt::print("\n");
}

void add_list(CLI::App& queue, const std::shared_ptr<QueueArguments>& arguments) {
  CLI::App* const list = queue.add_subcommand("list", "Show what waits, oldest first");
  list->add_flag("--answered", arguments->answered, "Show what was answered instead");
  list->add_option("--limit", arguments->limit, "At most so many")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  list->add_flag("--full", arguments->full, "The whole text");
  list->add_flag("--json", arguments->json, "A JSON object a line");
  list->callback([arguments] { list_queue(*arguments); });
}

void add_answer(CLI::App& queue, const std::shared_ptr<QueueArguments>& arguments) {
  CLI::App* const answer = queue.add_subcommand("answer", "Answer one; the first answer stays");
  answer->add_option("id", arguments->id, "As `queue list` shows it")->required();
  answer->add_option("--label", arguments->answer.label, "The right label")
      ->required()
      ->check(not_blank())
      ->check(valid_utf8());
  answer->add_option("--by", arguments->answer.answered_by, "Who answers");
  answer->add_option("--note", arguments->answer.note, "For later readers");
  answer->add_flag("--new-label", arguments->new_label, "The label is new, not a slip");
  answer->callback([arguments] { answer_entry(*arguments); });
}

void add_export(CLI::App& queue, const std::shared_ptr<QueueArguments>& arguments) {
  CLI::App* const command = queue.add_subcommand(
      "export", "Write the answers as labelled tickets, for training and calibration");
  command->add_option("--output", arguments->output, "A JSONL file")->required();
  command->callback([arguments] { export_answers(*arguments); });
}

}  // namespace

void add_queue_command(CLI::App& app) {
  auto arguments = std::make_shared<QueueArguments>();
  CLI::App* const queue = app.add_subcommand("queue", "What waits for a person, and the answers");
  queue->require_subcommand(1);
  queue->fallthrough();
  queue->add_option("--queue", arguments->path, "The queue file (tiers.person.queue of the mesh)")
      ->capture_default_str();
  add_list(*queue, arguments);
  add_answer(*queue, arguments);
  add_export(*queue, arguments);
}

}  // namespace ganglion

#include "ledger/explanation.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <string_view>

namespace ganglion {
namespace {

constexpr size_t kMaxListed = 8;  // entries of one list

// Lines of a name and a value; further values of one name are lined up below.
class Sheet {
 public:
  explicit Sheet(bool use_colour) : use_colour_(use_colour) {}

  void heading(std::string_view text) { text_ += paint(text, "1") + "\n"; }

  void line(std::string_view name, std::string_view value) {
    text_ += paint(fmt::format("  {:<12}", name == last_name_ ? "" : name), "2");
    text_ += value;
    text_ += '\n';
    last_name_ = name;
  }

  std::string paint(std::string_view text, std::string_view code) const {
    return use_colour_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
  }

  std::string finish() && { return std::move(text_); }

 private:
  bool use_colour_;
  std::string text_;
  std::string last_name_;
};

void add_outcome(Sheet& sheet, const DecisionRecord& record) {
  const bool is_local = record.tier == "reflex" || record.tier == "local";
  std::string answer = sheet.paint(record.answer.empty() ? "(none)" : record.answer, "1");
  if (record.correct) {
    answer += *record.correct ? sheet.paint("  right", "32") : sheet.paint("  wrong", "31");
  }
  sheet.line("answer", answer);
  sheet.line("tier", sheet.paint(record.tier, is_local ? "32" : "33"));
  sheet.line("why", record.reason);
  if (!record.threshold) {
    sheet.line("confidence", fmt::format("{:.4f}", record.confidence));
  } else {
    const bool is_enough = record.confidence >= *record.threshold;
    sheet.line("confidence", fmt::format("{:.4f}, {} the {:.4f} asked for", record.confidence,
                                         is_enough ? "at least" : "below", *record.threshold));
  }
}

template <typename List, typename Format>
void add_list(Sheet& sheet, std::string_view name, const List& list, Format format) {
  size_t count = 0;
  for (const auto& entry : list) {
    if (++count > kMaxListed) {
      sheet.line(name, fmt::format("… and {} more", list.size() - kMaxListed));
      return;
    }
    sheet.line(name, format(entry));
  }
}

void add_course(Sheet& sheet, const DecisionRecord& record) {
  add_list(sheet, "candidates", record.top, [](const LabelProbability& entry) {
    return fmt::format("{:.4f}  {}", entry.probability, entry.label);
  });
  size_t step = 0;
  add_list(sheet, "steps", record.trail,
           [&](const std::string& entry) { return fmt::format("{}. {}", ++step, entry); });
  std::string masked;
  for (const auto& [type, count] : record.redactions) {
    masked += fmt::format("{}{} {}", masked.empty() ? "" : ", ", count, type);
  }
  sheet.line("redacted", masked.empty() ? "nothing" : masked);
  add_list(sheet, "passages", record.passages, [](const PassageUse& passage) {
    return fmt::format("{}, bytes {} to {}, score {:.3f}", passage.document, passage.begin,
                       passage.end, passage.score);
  });
  sheet.line("boundary", record.egress_sha256.empty()
                             ? "nothing left it"
                             : "redacted text left it, sha256 " + record.egress_sha256);
}

void add_cost(Sheet& sheet, const DecisionRecord& record) {
  sheet.line("latency", fmt::format("{:.3f} ms", static_cast<double>(record.latency_us) / 1000));
  sheet.line("tokens", fmt::format("{} in, {} out", record.tokens_in, record.tokens_out));
  sheet.line("cost", format_micros(record.cost_micros));
}

void add_provenance(Sheet& sheet, const DecisionRecord& record) {
  sheet.line("input", record.input_sha256.empty() ? "-" : "sha256 " + record.input_sha256);
  sheet.line("mesh", record.mesh_sha256.empty() ? "-" : "sha256 " + record.mesh_sha256);
  add_list(sheet, "models", record.models, [](const ModelUse& model) {
    return fmt::format("sha256 {}  {}", model.sha256, model.skill);
  });
}

}  // namespace

std::string explain_decision(const DecisionRecord& record, const ExplanationStyle& style) {
  Sheet sheet(style.use_colour);
  sheet.heading(fmt::format("Decision {}", record.id));
  sheet.line("when", format_time_us(record.time_us));
  if (!record.request_id.empty()) sheet.line("request", record.request_id);
  if (!record.skill.empty()) sheet.line("skill", record.skill);
  add_outcome(sheet, record);
  add_course(sheet, record);
  add_cost(sheet, record);
  add_provenance(sheet, record);
  return std::move(sheet).finish();
}

std::string format_time_us(int64_t time_us) {
  const int64_t seconds = time_us >= 0 ? time_us / 1'000'000 : (time_us - 999'999) / 1'000'000;
  const int64_t milliseconds = (time_us - seconds * 1'000'000) / 1000;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} UTC",
                     fmt::gmtime(static_cast<std::time_t>(seconds)), milliseconds);
}

std::string format_micros(int64_t micros) {
  std::string text = fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000);
  for (int i = 0; i < 4 && text.back() == '0'; ++i) text.pop_back();
  return text;
}

}  // namespace ganglion

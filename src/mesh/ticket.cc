#include "mesh/ticket.h"

#include <utility>

#include "text/json.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr std::string_view kRemedy =
    "correct the line, or run with --on-error skip to leave it out";

Error bad_line(std::string_view source_name, int64_t line, std::string_view problem) {
  return fail(ErrorCode::kMalformed, "{}:{}: {}; {}", source_name, line, problem, kRemedy);
}

}  // namespace

Result<Ticket> parse_ticket(std::string_view json_line, std::string_view source_name, int64_t line,
                            std::span<const std::string> skills) {
  if (json_line.size() > kMaxTicketBytes) {
    return bad_line(source_name, line,
                    fmt::format("{} bytes, more than the {} a ticket may have", json_line.size(),
                                kMaxTicketBytes));
  }
  const Result<json::value> value =
      parse_json_line(json_line, source_name, static_cast<uint64_t>(line));
  if (!value.ok()) {
    return fail(ErrorCode::kMalformed, "{}; {}", value.error().message, kRemedy);
  }
  if (!value->is_object()) {
    return bad_line(source_name, line, "expected an object, e.g. {\"id\": \"7\", \"text\": \"…\"}");
  }
  const json::object& object = value->get_object();
  const Result<std::string_view> text = json_string(object, "text");
  if (!text.ok()) return bad_line(source_name, line, text.error().message);
  if (text->empty()) return bad_line(source_name, line, "member \"text\" is empty");
  Ticket ticket{line, fmt::format("line-{}", line), std::string(*text), {}};
  if (const json::value* const id = object.if_contains("id")) {
    if (!id->is_string() && !id->is_int64() && !id->is_uint64()) {
      return bad_line(source_name, line,
                      fmt::format("member \"id\": expected a string or an integer, found {}",
                                  json_kind_name(id->kind())));
    }
    ticket.id = id->is_string() ? std::string(id->get_string()) : to_json_text(*id);
  }
  for (const std::string& skill : skills) {
    if (!object.contains(skill)) continue;
    const Result<std::string_view> label = json_string(object, skill);
    if (!label.ok()) return bad_line(source_name, line, label.error().message);
    ticket.gold[skill] = *label;
  }
  return ticket;
}

TicketReader::TicketReader(std::istream& source, std::string source_name,
                           std::span<const std::string> skills)
    : source_(source), source_name_(std::move(source_name)), skills_(skills) {}

std::optional<Result<Ticket>> TicketReader::next() {
  std::string text;
  while (std::getline(source_, text)) {
    ++line_;
    if (line_ == 1 && text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
    if (!text.empty() && text.back() == '\r') text.pop_back();
    if (text.find_first_not_of(" \t") == std::string::npos) continue;
    return parse_ticket(text, source_name_, line_, skills_);
  }
  return std::nullopt;
}

}  // namespace ganglion

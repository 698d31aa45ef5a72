// ganglion redact: masks personal and secret values, and puts them back.
#include <fmt/core.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "dataset/json_lines.h"
#include "guard/default_redactor.h"
#include "guard/pseudonym_vault.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct RedactArguments {
  std::string input;
  std::optional<std::string> text;
  std::string conversation = "default";
  std::string map;
  std::string map_key_file;
  std::vector<std::string> kept_types;
  bool json = false;
  bool restore = false;
};

// One text to work on. `id` is kept in the output.
struct Record {
  std::string text;
  std::string conversation;
  bool names_conversation = false;  // in the input, not by default
  const json::value* id = nullptr;
};

RedactorOptions redactor_options(const RedactArguments& arguments) {
  RedactorOptions options;
  for (const std::string& name : arguments.kept_types) {
    const auto type = pii_type_from_name(name);
    if (!type) {
      throw CommandFailure{ExitCode::kUsage,
                           fail(ErrorCode::kInvalidArgument,
                                "--keep: unknown type \"{}\"; docs/redaction.md lists them", name)};
    }
    options.kept_types.push_back(*type);
  }
  return options;
}

SealingKey map_key(const RedactArguments& arguments) {
  if (!arguments.map_key_file.empty()) {
    const std::string text = or_fail(read_file(arguments.map_key_file));
    return or_fail(parse_sealing_key(text, arguments.map_key_file));
  }
  const char* const variable = std::getenv("GANGLION_MAP_KEY");
  if (variable != nullptr) return or_fail(parse_sealing_key(variable, "GANGLION_MAP_KEY"));
  throw CommandFailure{
      ExitCode::kUsage,
      fail(ErrorCode::kInvalidArgument,
           "--map needs a key, because the map is only ever stored encrypted: give --map-key-file "
           "FILE or set GANGLION_MAP_KEY (32 bytes; make one with: openssl rand -hex 32)")};
}

// The pseudonyms of each conversation: in the map file, or for this run only.
class ConversationMap {
 public:
  explicit ConversationMap(const RedactArguments& arguments) : path_(arguments.map) {
    if (path_.empty()) return;
    key_ = map_key(arguments);
    vault_ = or_fail(PseudonymVault::open(path_, key_));
  }

  bool is_stored() const { return !path_.empty(); }
  Pseudonyms& of(std::string_view conversation) { return vault_.conversation(conversation); }
  const Pseudonyms* find(std::string_view conversation) const { return vault_.find(conversation); }
  void save() const {
    if (is_stored()) or_fail(vault_.save(path_, key_, or_fail(random_sealing_nonce())));
  }

 private:
  std::string path_;
  SealingKey key_{};
  PseudonymVault vault_;
};

json::array spans_to_json(const std::vector<RedactedSpan>& spans) {
  json::array array;
  for (const RedactedSpan& span : spans) {
    array.push_back({{"type", pii_type_name(span.type)},
                     {"start", span.start},
                     {"end", span.end},
                     {"score", std::round(span.score * 1e4) / 1e4}});
  }
  return array;
}

// With the conversation, so that the output can be restored line by line.
std::string output_line(const Record& record, std::string_view text, const json::array* spans,
                        const RedactArguments& arguments) {
  if (!arguments.json) return std::string(text);
  json::object object;
  if (record.id != nullptr) object.emplace("id", *record.id);
  if (record.names_conversation || !arguments.map.empty()) {
    object.emplace("conversation", record.conversation);
  }
  object.emplace("text", text);
  if (spans != nullptr) object.emplace("spans", *spans);
  return to_json_text(object);
}

using RecordVisitor = std::function<void(const Record& record, std::string_view place)>;

// The first bad line ends the command with its number.
void for_each_line(const std::string& bytes, std::string_view source,
                   const RedactArguments& arguments, const RecordVisitor& visit) {
  or_fail(visit_json_lines(
      bytes, source, [&](const json::object& object, std::string_view place) -> Status {
        GANGLION_ASSIGN(const std::string_view text, json_string(object, "text"));
        Record record{std::string(text), arguments.conversation, false, object.if_contains("id")};
        if (object.contains("conversation")) {
          GANGLION_ASSIGN(record.conversation, json_string(object, "conversation"));
          record.names_conversation = true;
        }
        visit(record, place);
        return {};
      }));
}

std::string read_standard_input() {
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

void for_each_record(const RedactArguments& arguments, const RecordVisitor& visit) {
  if (arguments.text) return visit(Record{*arguments.text, arguments.conversation}, "--text");
  if (arguments.input.empty()) {
    return visit(Record{read_standard_input(), arguments.conversation}, "standard input");
  }
  const bool standard_input = arguments.input == "-";
  for_each_line(standard_input ? read_standard_input() : or_fail(read_file(arguments.input)),
                standard_input ? "standard input" : arguments.input, arguments, visit);
}

void print_line(const std::string& line) {
  fmt::print("{}{}", line, line.empty() || line.back() != '\n' ? "\n" : "");
}

void redact_all(const RedactArguments& arguments) {
  const Redactor redactor = or_fail(load_default_redactor(redactor_options(arguments)));
  ConversationMap map(arguments);
  std::vector<std::string> lines;  // held back until the map is safe on disk
  for_each_record(arguments, [&](const Record& record, std::string_view place) {
    // Without a map, texts of no conversation share nothing.
    Pseudonyms own;
    const bool shared = map.is_stored() || record.names_conversation;
    const auto redaction =
        redactor.redact(record.text, shared ? &map.of(record.conversation) : &own);
    if (!redaction.ok()) or_fail(Status(at_place(place, redaction.error())));
    const json::array spans = spans_to_json(redaction->spans);
    std::string line = output_line(record, redaction->text, &spans, arguments);
    if (map.is_stored()) {
      lines.push_back(std::move(line));
      return;
    }
    print_line(line);
  });
  map.save();
  for (const std::string& line : lines) print_line(line);
}

void restore_all(const RedactArguments& arguments) {
  if (arguments.map.empty()) {
    throw CommandFailure{ExitCode::kUsage,
                         fail(ErrorCode::kInvalidArgument, "--restore needs --map FILE")};
  }
  or_fail(read_file(arguments.map));  // a map that is not there restores nothing: say so
  const ConversationMap map(arguments);
  for_each_record(arguments, [&](const Record& record, std::string_view place) {
    const Pseudonyms* const pseudonyms = map.find(record.conversation);
    if (pseudonyms == nullptr) {
      or_fail(Status(fail(ErrorCode::kNotFound,
                          "{}: {} holds no conversation \"{}\"; name the one it was redacted in: "
                          "--conversation NAME, or a member \"conversation\"",
                          place, arguments.map, record.conversation)));
    }
    print_line(output_line(record, pseudonyms->restore(record.text), nullptr, arguments));
  });
}

}  // namespace

void add_redact_command(CLI::App& app) {
  auto arguments = std::make_shared<RedactArguments>();
  CLI::App* command =
      app.add_subcommand("redact", "Mask personal and secret values in text, and put them back");
  command->add_option("--input", arguments->input,
                      "JSON Lines with \"text\" (and \"id\", \"conversation\"); - for standard "
                      "input. Without it, standard input is one plain text");
  command->add_option("--text", arguments->text, "The text itself")->excludes("--input");
  command->add_flag("--json", arguments->json, "Print objects with \"text\" and \"spans\"");
  command->add_option("--map", arguments->map,
                      "Keep the pseudonyms in this encrypted file, to restore them later");
  command->add_option("--map-key-file", arguments->map_key_file,
                      "32 bytes as hex or base64 (default: $GANGLION_MAP_KEY)");
  command
      ->add_option("--conversation", arguments->conversation,
                   "Within a conversation the same value gets the same pseudonym")
      ->capture_default_str();
  command->add_flag("--restore", arguments->restore, "Put the values back, by --map");
  command->add_option("--keep", arguments->kept_types, "Types to leave in the text (DATE,URL)")
      ->delimiter(',');
  command->callback([arguments] {
    if (arguments->restore) {
      restore_all(*arguments);
    } else {
      redact_all(*arguments);
    }
  });
}

}  // namespace ganglion

#include "grammar/json_schema/evaluator.h"

#include <algorithm>

#include "base/check.h"
#include "grammar/json_schema/uri.h"

namespace ganglion::json_schema {

std::string location_of(const Instance& instance) {
  std::vector<std::string> tokens;
  for (const Instance* at = &instance; at->parent != nullptr; at = at->parent) {
    tokens.push_back(at->parent->value.is_array() ? std::to_string(at->index)
                                                  : pointer_token(at->name));
  }
  std::string location;
  std::for_each(tokens.rbegin(), tokens.rend(),
                [&](const std::string& token) { location.append("/").append(token); });
  return location;
}

// The node in evaluation and the schema resource it lies in, which $dynamicRef asks for.
class Evaluator::Scope {
 public:
  Scope(Evaluator& evaluator, uint32_t resource)
      : evaluator_(evaluator), num_scopes_(evaluator.scopes_.size()) {
    ++evaluator_.depth_;
    if (evaluator_.scopes_.empty() || evaluator_.scopes_.back() != resource) {
      evaluator_.scopes_.push_back(resource);
    }
  }
  ~Scope() {
    --evaluator_.depth_;
    evaluator_.scopes_.resize(num_scopes_);
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Evaluator& evaluator_;
  size_t num_scopes_;
};

Result<std::optional<JsonSchemaFailure>> Evaluator::run(const json::value& instance) {
  const Instance whole{instance};
  const bool fits = evaluate(program_.root, whole, nullptr);
  if (error_) return *error_;
  if (fits) return std::optional<JsonSchemaFailure>();
  is_explaining_ = true;
  num_steps_ = 0;
  evaluate(program_.root, whole, nullptr);
  if (error_) {  // that it does not fit is known all the same
    const std::string uri = program_.resources[program_.nodes[program_.root].resource].uri;
    return std::optional(JsonSchemaFailure{
        "", uri + "#", "the value does not fit; to find out where takes too many steps"});
  }
  GANGLION_ASSERT(noted_.has_value());
  return std::optional(std::move(noted_->failure));
}

bool Evaluator::evaluate(NodeId id, const Instance& instance, Marks* marks) {
  if (!spend(1)) return false;
  const Node& node = program_.nodes[id];
  if (node.verdict) {
    return *node.verdict || refuse_at({node, "", instance, nullptr}, "", instance, [] {
      return std::string("no value is allowed here: the schema is false");
    });
  }
  if (depth_ >= program_.limits.depth) {
    stop(
        ErrorCode::kLimit,
        fmt::format("{}: more than {} schemas lie inside each other at \"{}\" of the value",
                    location_of(program_.places, program_.resources[node.resource].uri, node.place),
                    program_.limits.depth, location_of(instance)));
    return false;
  }
  const Scope scope(*this, node.resource);
  if (!node.has_unevaluated) return fits_rules(node, instance, marks);
  // The marks of keywords beside this schema do not count for its unevaluated….
  size_t size = 0;
  if (const json::object* object = instance.value.if_object()) size = object->size();
  if (const json::array* array = instance.value.if_array()) size = array->size();
  if (!spend(size / 64)) return false;
  Marks own(size, false);
  if (!fits_rules(node, instance, &own)) return false;
  if (marks == nullptr) return true;
  for (size_t i = 0; i < size; ++i) {
    if (own[i]) (*marks)[i] = true;
  }
  return true;
}

bool Evaluator::fits_rules(const Node& node, const Instance& instance, Marks* marks) {
  for (const Rule& rule : node.rules) {
    const Site site{node, rule.keyword, instance, marks};
    const bool fits = std::visit([&](const auto& known) { return check(known, site); }, rule.check);
    if (!fits || error_) return false;
  }
  return true;
}

bool Evaluator::evaluate_silently(NodeId id, const Instance& instance, Marks* marks) {
  const bool was_explaining = std::exchange(is_explaining_, false);
  const bool fits = evaluate(id, instance, marks);
  is_explaining_ = was_explaining;
  return fits;
}

bool Evaluator::occurs(const Regex& pattern, std::string_view text) {
  if (!spend(1)) return false;
  uint64_t budget_steps = program_.limits.steps - num_steps_;
  const auto found = pattern.occurs_in(text, budget_steps);
  num_steps_ = program_.limits.steps - budget_steps;
  if (!found.ok()) {
    spend(1);
    return false;
  }
  return *found;
}

bool Evaluator::spend(uint64_t num_steps) {
  if (error_) return false;
  num_steps_ += num_steps;
  if (num_steps_ <= program_.limits.steps) return true;
  stop(ErrorCode::kLimit, fmt::format("to hold the value against the schema takes more than {} "
                                      "steps; make the value or the schema smaller",
                                      program_.limits.steps));
  return false;
}

void Evaluator::stop(ErrorCode code, std::string message) {
  if (!error_) error_ = Error{code, std::move(message)};
}

void Evaluator::note(const Site& site, std::string_view keyword, const Instance& instance,
                     std::string message) {
  spend(20);
  const Place& place = program_.places[site.node.place];
  std::string keyword_location =
      location_of(program_.places, program_.resources[place.resource].uri, site.node.place);
  if (!keyword.empty()) keyword_location.append("/").append(keyword);
  noted_ = Noted{{location_of(instance), std::move(keyword_location), std::move(message)},
                 instance.depth};
}

}  // namespace ganglion::json_schema

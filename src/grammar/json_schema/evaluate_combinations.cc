// References, allOf, anyOf, oneOf, not and if.
#include "grammar/json_schema/evaluator.h"

namespace ganglion::json_schema {

bool Evaluator::check(const RefRule& rule, const Site& site) {
  return evaluate(rule.target, site.instance, site.marks);
}

// The outermost scope that has the anchor decides.
bool Evaluator::check(const DynamicRefRule& rule, const Site& site) {
  NodeId target = rule.target;
  if (!rule.anchor.empty()) {
    if (!spend(scopes_.size())) return false;
    for (const uint32_t scope : scopes_) {
      const auto& anchors = program_.resources[scope].dynamic_anchors;
      const auto anchor = anchors.find(rule.anchor);
      if (anchor == anchors.end()) continue;
      target = anchor->second;
      break;
    }
  }
  return evaluate(target, site.instance, site.marks);
}

bool Evaluator::check(const CombinationRule& rule, const Site& site) {
  switch (rule.combination) {
    case Combination::kAnyOf:
      return check_any_of(rule, site);
    case Combination::kOneOf:
      return check_one_of(rule, site);
    case Combination::kAllOf:
      break;
  }
  for (const NodeId schema : rule.schemas) {
    if (!evaluate(schema, site.instance, site.marks)) return false;
  }
  return true;
}

bool Evaluator::evaluate_branch(NodeId id, const Site& site) {
  if (site.marks == nullptr) return evaluate(id, site.instance, nullptr);
  if (!spend(site.marks->size() / 64)) return false;
  Marks own(site.marks->size(), false);
  if (!evaluate(id, site.instance, &own)) return false;
  for (size_t i = 0; i < own.size(); ++i) {
    if (own[i]) (*site.marks)[i] = true;
  }
  return true;
}

// Where no branch fits, the failure that lies deepest in the instance says most; when all fail at
// the instance itself, none says more than the others.
bool Evaluator::check_any_of(const CombinationRule& rule, const Site& site) {
  std::optional<Noted> outer = std::exchange(noted_, std::nullopt);
  bool fits = false;
  for (const NodeId schema : rule.schemas) {
    fits |= evaluate_branch(schema, site);
    // Marks are wanted of every branch.
    if (error_ || (fits && site.marks == nullptr)) break;
  }
  std::optional<Noted> inner = std::exchange(noted_, std::move(outer));
  if (fits || error_) return fits && !error_;
  if (!inner || (noted_ && noted_->depth >= inner->depth)) return false;
  if (inner->depth > site.instance.depth || rule.schemas.size() == 1) {
    noted_ = std::move(inner);
    return false;
  }
  return refuse(site, [&] {
    return fmt::format("fits none of the {} alternatives; the first that fails: {}",
                       rule.schemas.size(), inner->failure.message);
  });
}

bool Evaluator::check_one_of(const CombinationRule& rule, const Site& site) {
  size_t fitting[2] = {0, 0};
  size_t num_fitting = 0;
  for (size_t i = 0; i < rule.schemas.size() && num_fitting < 2; ++i) {
    const bool was_explaining = std::exchange(is_explaining_, false);
    const bool fits = evaluate_branch(rule.schemas[i], site);
    is_explaining_ = was_explaining;
    if (error_) return false;
    if (fits) fitting[num_fitting++] = i;
  }
  if (num_fitting == 1) return true;
  if (num_fitting == 0) return is_explaining_ && check_any_of(rule, site);
  return refuse(site, [&] {
    return fmt::format("expected to fit one alternative only, found that it fits {} and {} (of {})",
                       fitting[0] + 1, fitting[1] + 1, rule.schemas.size());
  });
}

bool Evaluator::check(const NotRule& rule, const Site& site) {
  if (!evaluate_silently(rule.schema, site.instance, nullptr)) return !error_;
  return refuse(site, [] { return std::string("expected not to fit the schema of not"); });
}

bool Evaluator::check(const ConditionRule& rule, const Site& site) {
  const bool was_explaining = std::exchange(is_explaining_, false);
  const bool holds = evaluate_branch(rule.condition, site);
  is_explaining_ = was_explaining;
  if (error_) return false;
  const NodeId next = holds ? rule.then : rule.otherwise;
  return next == kNone || evaluate(next, site.instance, site.marks);
}

}  // namespace ganglion::json_schema

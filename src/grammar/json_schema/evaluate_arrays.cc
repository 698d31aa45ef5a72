// items and its kin, contains, uniqueItems.
#include <algorithm>

#include "grammar/json_schema/describe.h"
#include "grammar/json_schema/equality.h"
#include "grammar/json_schema/evaluator.h"

namespace ganglion::json_schema {
namespace {

Instance element_of(const Instance& array, size_t index) {
  return {array.value.get_array()[index], &array, {}, index, array.depth + 1};
}

}  // namespace

bool Evaluator::check(const ItemsRule& rule, const Site& site) {
  const json::array* array = site.instance.value.if_array();
  if (array == nullptr) return true;
  for (size_t i = 0; i < array->size(); ++i) {
    const bool is_prefix = i < rule.prefix.size();
    if (!is_prefix && rule.rest == kNone) break;
    const NodeId schema = is_prefix ? rule.prefix[i] : rule.rest;
    if (!is_prefix && is_false(schema)) {
      return refuse(site, [&] {
        return fmt::format("expected at most {}, found {}", counted(rule.prefix.size(), "element"),
                           array->size());
      });
    }
    if (!evaluate(schema, element_of(site.instance, i), nullptr)) return false;
    if (site.marks != nullptr) (*site.marks)[i] = true;
  }
  return true;
}

bool Evaluator::check(const ContainsRule& rule, const Site& site) {
  const json::array* array = site.instance.value.if_array();
  if (array == nullptr) return true;
  uint64_t num_fitting = 0;
  for (size_t i = 0; i < array->size(); ++i) {
    if (!evaluate_silently(rule.schema, element_of(site.instance, i), nullptr)) {
      if (error_) return false;
      continue;
    }
    ++num_fitting;
    if (site.marks != nullptr) (*site.marks)[i] = true;
  }
  if (num_fitting >= rule.min && num_fitting <= rule.max) return true;
  const bool is_too_few = num_fitting < rule.min;
  return refuse(site, [&] {
    return fmt::format("expected at {} that fit the schema of contains, found {}",
                       is_too_few ? "least " + counted(rule.min, "element")
                                  : "most " + counted(rule.max, "element"),
                       num_fitting);
  });
}

// By hashes, so that a large array costs a sort and not all pairs. Values made to collide run into
// the limit of steps.
bool Evaluator::check(const UniqueItemsRule&, const Site& site) {
  const json::array* array = site.instance.value.if_array();
  if (array == nullptr || array->size() < 2) return true;
  std::vector<std::pair<uint64_t, size_t>> hashes;
  hashes.reserve(array->size());
  for (size_t i = 0; i < array->size(); ++i) {
    uint64_t num_steps = 0;
    hashes.emplace_back(hash_of((*array)[i], num_steps), i);
    if (!spend(num_steps)) return false;
  }
  std::sort(hashes.begin(), hashes.end());
  for (size_t i = 0; i < hashes.size(); ++i) {
    for (size_t j = i + 1; j < hashes.size() && hashes[j].first == hashes[i].first; ++j) {
      uint64_t num_steps = 0;
      const size_t first = hashes[i].second;
      const size_t second = hashes[j].second;
      const bool equal = are_equal((*array)[first], (*array)[second], num_steps);
      if (!spend(num_steps)) return false;
      if (!equal) continue;
      return refuse(site, [&] {
        return fmt::format("expected elements that differ; element {} and element {} are equal: {}",
                           first, second, describe((*array)[first]));
      });
    }
  }
  return true;
}

bool Evaluator::check(const UnevaluatedItemsRule& rule, const Site& site) {
  const json::array* array = site.instance.value.if_array();
  if (array == nullptr) return true;
  for (size_t i = 0; i < array->size(); ++i) {
    if (!spend(1)) return false;
    if ((*site.marks)[i]) continue;
    (*site.marks)[i] = true;
    if (is_false(rule.schema)) {
      return refuse(site, [&] {
        return fmt::format("element {} is not allowed: no part of the schema knows it", i);
      });
    }
    if (!evaluate(rule.schema, element_of(site.instance, i), nullptr)) return false;
  }
  return true;
}

}  // namespace ganglion::json_schema

#include "engine/prefix_cache.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr size_t kBlockTokens = KvCache::kBlockTokens;

size_t num_common(std::span<const int32_t> a, std::span<const int32_t> b) {
  const auto differs = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<size_t>(differs.first - a.begin());
}

}  // namespace

uint64_t PrefixCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

PrefixMatch PrefixCache::find(const PrefixKind& kind, std::span<const int32_t> tokens) {
  const std::lock_guard lock(mutex_);
  PrefixMatch match;
  Tree* const tree = find_tree(kind);
  if (tree == nullptr) return match;
  Node* node = &tree->root;
  while (match.num_tokens < tokens.size()) {
    const auto rest = tokens.subspan(match.num_tokens);
    const auto wanted = rest.first(std::min(rest.size(), kBlockTokens));
    // In the order of the map, the key with the longest common beginning is a neighbour.
    const auto behind = node->children.lower_bound({wanted.begin(), wanted.end()});
    Node* best = nullptr;
    size_t best_common = 0;
    const auto consider = [&](auto child) {
      const size_t common = num_common(wanted, child->first);
      if (common > best_common) {
        best = child->second.get();
        best_common = common;
      }
    };
    if (behind != node->children.end()) consider(behind);
    if (behind != node->children.begin()) consider(std::prev(behind));
    if (best == nullptr) break;
    node = best;
    match.blocks.push_back(node->block);
    match.num_tokens += best_common;
    if (best_common < kBlockTokens) break;
  }
  touch(node);
  return match;
}

void PrefixCache::add(const PrefixKind& kind, std::span<const int32_t> tokens,
                      std::span<std::shared_ptr<KvBlock>> blocks) {
  GANGLION_ASSERT(tokens.size() == blocks.size() * kBlockTokens);
  if (is_off()) return;
  const std::lock_guard lock(mutex_);
  Tree* tree = find_tree(kind);
  if (tree == nullptr) {
    tree = trees_.emplace_back(std::make_unique<Tree>()).get();
    tree->kind = kind;
  }
  Node* node = &tree->root;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto of_block = tokens.subspan(i * kBlockTokens, kBlockTokens);
    std::vector<int32_t> key(of_block.begin(), of_block.end());
    std::unique_ptr<Node>& child = node->children[key];
    if (child == nullptr) {
      child = std::make_unique<Node>();
      child->parent = node;
      child->tokens = std::move(key);
      child->block = blocks[i];
      child->place = by_use_.insert(by_use_.end(), child.get());
      bytes_ += child->block->size();
    } else {
      blocks[i] = child->block;
    }
    node = child.get();
  }
  touch(node);
  while (bytes_ > max_bytes_) drop_last();
}

PrefixCache::Tree* PrefixCache::find_tree(const PrefixKind& kind) {
  for (const std::unique_ptr<Tree>& tree : trees_) {
    if (tree->kind == kind) return tree.get();
  }
  return nullptr;
}

// `node` and what it stands behind have been used.
void PrefixCache::touch(Node* node) {
  for (; node->parent != nullptr; node = node->parent) {
    by_use_.splice(by_use_.begin(), by_use_, node->place);
  }
}

void PrefixCache::drop_last() {
  Node* const node = by_use_.back();
  GANGLION_ASSERT(node->children.empty());
  by_use_.pop_back();
  bytes_ -= node->block->size();
  Node* const parent = node->parent;
  const std::vector<int32_t> key = std::move(node->tokens);
  parent->children.erase(key);
  if (parent->parent != nullptr || !parent->children.empty()) return;
  const auto is_empty = [&](const auto& tree) { return &tree->root == parent; };
  trees_.erase(std::remove_if(trees_.begin(), trees_.end(), is_empty), trees_.end());
}

}  // namespace ganglion

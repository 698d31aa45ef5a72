// What the sessions of a model have read, kept for sessions whose texts begin the same.
//
// A tree for each kind of cache: a node is a block of KvCache::kBlockTokens tokens with their keys
// and values, its children are what came behind it. Nodes stand in one list by their last use, a
// parent always before its children, so that the last of the list is the leaf to give up.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "nn/kv_cache.h"
#include "nn/lora_adapter.h"

namespace ganglion {

// Blocks of one kind are of no use to sessions of another.
struct PrefixKind {
  std::shared_ptr<const LoraAdapter> adapter;
  DType cache_type = DType::kF16;
  bool has_long_rope = false;

  bool operator==(const PrefixKind& other) const = default;
};

struct PrefixMatch {
  std::vector<std::shared_ptr<KvBlock>> blocks;
  size_t num_tokens = 0;  // that match; of the last block perhaps only the first ones
};

// Thread-safe.
class PrefixCache {
 public:
  // Holds at most `max_bytes` of blocks; 0: nothing.
  explicit PrefixCache(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  bool is_off() const { return max_bytes_ == 0; }
  uint64_t bytes() const;

  // The longest beginning of `tokens` that it holds.
  PrefixMatch find(const PrefixKind& kind, std::span<const int32_t> tokens);

  // Keeps shared blocks: blocks[i] holds the i-th kBlockTokens of `tokens`, all of them (asserted).
  // Where it has the same tokens already, blocks[i] becomes what it has.
  void add(const PrefixKind& kind, std::span<const int32_t> tokens,
           std::span<std::shared_ptr<KvBlock>> blocks);

 private:
  struct Node {
    Node* parent = nullptr;
    std::vector<int32_t> tokens;
    std::shared_ptr<KvBlock> block;
    std::map<std::vector<int32_t>, std::unique_ptr<Node>> children;
    std::list<Node*>::iterator place;  // in by_use_
  };
  struct Tree {
    PrefixKind kind;
    Node root;
  };

  Tree* find_tree(const PrefixKind& kind);
  void touch(Node* node);
  void drop_last();

  uint64_t max_bytes_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Tree>> trees_;
  std::list<Node*> by_use_;  // the most recent first
  uint64_t bytes_ = 0;
};

}  // namespace ganglion

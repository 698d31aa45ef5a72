#include "engine/label_scores.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace ganglion {
namespace {

// The labels' tokens; node 0 stands for what has been read.
class LabelTrie {
 public:
  static Result<LabelTrie> create(std::span<const std::vector<int32_t>> labels) {
    if (labels.empty()) return fail(ErrorCode::kInvalidArgument, "there are no labels to score");
    LabelTrie trie;
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i].empty()) {
        return fail(ErrorCode::kInvalidArgument, "label {} has no tokens", i + 1);
      }
      trie.add(labels[i], i);
    }
    for (const Node& node : trie.nodes_) {
      if (node.labels.empty() || (node.labels.size() == 1 && node.children.empty())) continue;
      const size_t other =
          node.labels.size() > 1 ? node.labels[1] : trie.any_below(node.children.begin()->second);
      return fail(ErrorCode::kInvalidArgument,
                  "label {} begins with all tokens of label {}; put a token that ends them behind "
                  "the labels",
                  other + 1, node.labels[0] + 1);
    }
    trie.find_branches();
    return trie;
  }

  // The nodes on whose logits a score depends.
  TokenTree tree() const {
    TokenTree tree;
    for (size_t i = 1; i < nodes_.size(); ++i) {
      if (nodes_[i].place < 0) continue;
      tree.tokens.push_back(nodes_[i].token);
      tree.parents.push_back(nodes_[nodes_[i].parent].place);
    }
    return tree;
  }

  std::vector<TreeLogit> wanted() const {
    std::vector<TreeLogit> wanted;
    for (const Node& node : nodes_) {
      if (node.children.size() < 2) continue;
      for (const auto& [token, child] : node.children) wanted.push_back({node.place, token});
    }
    return wanted;
  }

  // By the logits of wanted().
  std::vector<double> scores(std::span<const float> logits, size_t num_labels) const {
    std::vector<double> of_nodes(nodes_.size());
    std::vector<double> of_labels(num_labels);
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      if (!node.labels.empty()) of_labels[node.labels[0]] = of_nodes[i];
      const size_t count = node.children.size();
      const bool competes = count > 1;
      const double total = competes ? log_sum(logits.first(count)) : 0;
      size_t rank = 0;
      for (const auto& [token, child] : node.children) {
        const double own = competes ? static_cast<double>(logits[rank++]) - total : 0;
        of_nodes[child] = of_nodes[i] + own;
      }
      if (competes) logits = logits.subspan(count);
    }
    return of_labels;
  }

 private:
  struct Node {
    int32_t token = 0;
    size_t parent = 0;
    std::map<int32_t, size_t> children;
    std::vector<size_t> labels;  // that end here
    int32_t place = -1;          // in tree(); -1: not there
  };

  void add(std::span<const int32_t> tokens, size_t label) {
    size_t at = 0;
    for (const int32_t token : tokens) {
      const auto [child, is_added] = nodes_[at].children.try_emplace(token, nodes_.size());
      const size_t next = child->second;
      if (is_added) {
        nodes_.emplace_back();
        nodes_.back().token = token;
        nodes_.back().parent = at;
      }
      at = next;
    }
    nodes_[at].labels.push_back(label);
  }

  size_t any_below(size_t node) const {
    while (nodes_[node].labels.empty()) node = nodes_[node].children.begin()->second;
    return nodes_[node].labels[0];
  }

  // Gives a place to the nodes where, or behind which, labels part.
  void find_branches() {
    std::vector<bool> is_needed(nodes_.size());
    for (size_t i = nodes_.size(); i-- > 1;) {
      if (nodes_[i].children.size() > 1) is_needed[i] = true;
      if (is_needed[i]) is_needed[nodes_[i].parent] = true;
    }
    int32_t num_places = 0;
    for (size_t i = 1; i < nodes_.size(); ++i) {
      if (is_needed[i]) nodes_[i].place = num_places++;
    }
  }

  static double log_sum(std::span<const float> logits) {
    const auto largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
    return largest + std::log(sum);
  }

  std::vector<Node> nodes_ = std::vector<Node>(1);  // parents in front of their children
};

}  // namespace

Result<std::vector<double>> score_labels(Session& session,
                                         std::span<const std::vector<int32_t>> labels) {
  GANGLION_ASSIGN(const LabelTrie trie, LabelTrie::create(labels));
  std::vector<float> logits;
  GANGLION_TRY(session.look_ahead(trie.tree(), trie.wanted(), logits));
  if (!std::all_of(logits.begin(), logits.end(), [](float each) { return std::isfinite(each); })) {
    return fail(ErrorCode::kMalformed,
                "the model's logits hold NaN or infinity: its file is damaged, or its weights "
                "overflow");
  }
  return trie.scores(logits, labels.size());
}

}  // namespace ganglion

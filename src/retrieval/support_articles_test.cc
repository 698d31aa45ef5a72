// How often the knowledge base of examples/support finds the article that a person chose.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "engine/encoder.h"
#include "retrieval/knowledge_base.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct Ticket {
  std::string text;
  std::string article;
};

// The test tickets that an article answers.
std::vector<Ticket> read_answerable_tickets() {
  std::vector<Ticket> tickets;
  const std::string lines = read_file("examples/support/tickets/test.jsonl").value();
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    const auto value = parse_json(std::string_view(lines).substr(begin, end - begin), "test.jsonl");
    begin = end + 1;
    const json::object& ticket = value.value().get_object();
    if (!ticket.at("article").is_string()) continue;
    tickets.push_back({std::string(ticket.at("text").get_string()),
                       std::string(ticket.at("article").get_string()) + ".md"});
  }
  return tickets;
}

TEST(SupportArticles, TheRightArticleIsUsuallyFoundFirst) {
  if (!std::filesystem::exists("examples/support/articles")) {
    GTEST_SKIP() << "examples/support is not below the working folder";
  }
  const auto encoder = embedded_encoder();
  ASSERT_TRUE(encoder.ok()) << encoder.error().message;
  const auto articles = KnowledgeBase::load("examples/support/articles", *encoder);
  ASSERT_TRUE(articles.ok()) << articles.error().message;
  const std::vector<Ticket> tickets = read_answerable_tickets();
  double first = 0;
  double among_three = 0;
  for (const Ticket& ticket : tickets) {
    const auto found = articles->search(ticket.text, 3);
    ASSERT_TRUE(found.ok());
    const auto is_right = [&](const FoundPassage& passage) {
      return passage.document->id == ticket.article;
    };
    first += !found->empty() && is_right(found->front()) ? 1 : 0;
    among_three += std::ranges::any_of(*found, is_right) ? 1 : 0;
  }
  const auto count = static_cast<double>(tickets.size());
  std::printf("right article: first %.3f, among three %.3f, of %zu tickets\n", first / count,
              among_three / count, tickets.size());
  EXPECT_GE(first / count, 0.66);
  EXPECT_GE(among_three / count, 0.77);
}

}  // namespace
}  // namespace ganglion

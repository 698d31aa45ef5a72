#include "mesh/ticket.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace ganglion {
namespace {

const std::vector<std::string> kSkills = {"intent", "urgency"};

std::string error_of(std::string_view line) {
  const auto ticket = parse_ticket(line, "t.jsonl", 7, kSkills);
  return ticket.ok() ? "no error" : ticket.error().message;
}

TEST(Ticket, ReadsTextIdAndRightLabels) {
  const auto ticket =
      parse_ticket(R"({"id":"a-1","text":"Help","intent":"login","urgency":"high","extra":[1]})",
                   "t", 3, kSkills);
  ASSERT_TRUE(ticket.ok()) << ticket.error().message;
  EXPECT_EQ(ticket->id, "a-1");
  EXPECT_EQ(ticket->text, "Help");
  EXPECT_EQ(ticket->line, 3);
  EXPECT_EQ(ticket->gold.at("intent"), "login");
  EXPECT_EQ(ticket->gold.at("urgency"), "high");
  EXPECT_EQ(parse_ticket(R"({"text":"x"})", "t", 12, kSkills)->id, "line-12");
  EXPECT_EQ(parse_ticket(R"({"text":"x","id":-7})", "t", 12, kSkills)->id, "-7");
  EXPECT_EQ(parse_ticket(R"({"text":"x","id":18446744073709551615})", "t", 12, kSkills)->id,
            "18446744073709551615");
  EXPECT_TRUE(parse_ticket(R"({"text":"x"})", "t", 12, kSkills)->gold.empty());
}

TEST(Ticket, ABadLineIsNamedWithItsRemedy) {
  EXPECT_EQ(
      error_of(R"({"id":"x"})"),
      "t.jsonl:7: member \"text\" is missing, expected a string; correct the line, or run with "
      "--on-error skip to leave it out");
  EXPECT_EQ(error_of("{\"a\" x").find("t.jsonl:7:6: not valid JSON"), 0u) << error_of("{\"a\" x");
  EXPECT_NE(error_of("not json").find("--on-error skip"), std::string::npos);
  EXPECT_NE(error_of("[1]").find("t.jsonl:7: expected an object"), std::string::npos);
  EXPECT_NE(error_of(R"({"text":7})").find("expected a string, found"), std::string::npos);
  EXPECT_NE(error_of(R"({"text":""})").find("is empty"), std::string::npos);
  EXPECT_NE(error_of(R"({"text":"x","id":7.5})").find("or an integer, found a number"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"text":"x","intent":null})").find("\"intent\""), std::string::npos);
  EXPECT_NE(error_of("{\"text\":\"\xff\"}").find("t.jsonl:7"), std::string::npos);
  EXPECT_NE(error_of(std::string(kMaxTicketBytes + 1, ' ')).find("more than"), std::string::npos);
}

TEST(TicketReader, CountsLinesAndGoesOnAfterAnError) {
  std::istringstream source("{\"text\":\"a\"}\r\n\n  \nbroken\n{\"text\":\"b\"}");
  TicketReader reader(source, "t.jsonl", kSkills);
  EXPECT_EQ((*reader.next())->text, "a");
  const auto broken = reader.next();
  ASSERT_TRUE(broken);
  EXPECT_NE(broken->error().message.find("t.jsonl:4"), std::string::npos);
  const auto last = reader.next();
  ASSERT_TRUE(last);
  EXPECT_EQ((*last)->line, 5);
  EXPECT_FALSE(reader.next());
}

TEST(TicketReader, PassesOverAByteOrderMarkOfTheFirstLineOnly) {
  std::istringstream source("\xEF\xBB\xBF{\"text\":\"a\"}\n\xEF\xBB\xBF{\"text\":\"b\"}\n");
  TicketReader reader(source, "t.jsonl", kSkills);
  EXPECT_EQ((*reader.next())->text, "a");
  EXPECT_FALSE(reader.next()->ok());
}

}  // namespace
}  // namespace ganglion

#include "mesh/remote_tier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "http/fake_server.h"
#include "mesh/fake_skills.h"

namespace ganglion {
namespace {

const RemotePrice kPrice{"EUR", 1'000, 2'000};

std::string chat_body(std::string_view content) {
  return to_json_text(json::object{
      {"choices",
       json::array{json::object{{"message", {{"content", content}}}, {"finish_reason", "stop"}}}},
      {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 10}}}});
}

const std::string kGoodBody = chat_body(R"({"intent":"login","urgency":"high"})");

class BrokenDetector final : public Detector {
 public:
  std::string_view name() const override { return "broken things"; }
  Status detect(const ScannedText&, std::vector<Finding>&) const override {
    return fail(ErrorCode::kIo, "model file is gone");
  }
};

// A remote tier in front of a server; waits are recorded, not slept.
class Remote {
 public:
  explicit Remote(FakeServer::Replier replier, std::optional<int64_t> budget_micros = std::nullopt,
                  std::optional<FakeCertificate> certificate = std::nullopt,
                  const std::string& ca_file = "")
      : server_(std::move(replier), std::move(certificate)), budget_(budget_micros) {
    tier_.base_url = server_.origin() + "/v1";
    tier_.model = "big";
    tier_.ca_file = ca_file;
    tier_.connect_timeout_ms = 2'000;
    tier_.idle_timeout_ms = 200;
    ChatClientOptions options = chat_client_options(tier_, "sk-secret");
    options.http.max_body_bytes = 100'000;
    auto client = ChatClient::create(
        options, clock_,
        [this](int64_t ms) {
          const std::lock_guard lock(mutex_);
          waits_ms_.push_back(ms);
        },
        1);
    EXPECT_TRUE(client.ok());
    model_ = std::make_unique<RemoteModel>(tier_, kPrice, skills_, egress_,
                                           std::move(client).value(), budget_);
  }

  RemoteAnswer ask(std::string_view text = "please help") { return model_->ask(text); }
  const std::vector<int64_t>& waits_ms() const { return waits_ms_; }
  const Budget& budget() const { return budget_; }
  FakeClock& clock() { return clock_; }

 private:
  FakeServer server_;
  FakeClock clock_;
  FakeSkills skills_;
  Redactor redactor_{make_rule_detectors()};
  Egress egress_{redactor_};
  Budget budget_;
  RemoteTier tier_;
  std::mutex mutex_;
  std::vector<int64_t> waits_ms_;
  std::unique_ptr<RemoteModel> model_;
};

// Replies in turn; the last one again and again.
FakeServer::Replier in_turn(std::vector<FakeReply> replies, std::atomic<size_t>* count = nullptr) {
  auto next = std::make_shared<std::atomic<size_t>>(0);
  return [replies = std::move(replies), next, count](const FakeRequest&) {
    if (count != nullptr) ++*count;
    return replies[std::min(next->fetch_add(1), replies.size() - 1)];
  };
}

TEST(RemoteTier, BringsAnAnswerAndItsCost) {
  FakeRequest seen;
  Remote remote([&](const FakeRequest& request) {
    seen = request;
    return fake_reply(200, kGoodBody);
  });
  const RemoteAnswer answer = remote.ask("I cannot log in, write to ann@example.org");
  EXPECT_EQ(answer.labels, (std::vector<std::string>{"login", "high"})) << answer.failure;
  EXPECT_EQ(answer.tokens_in, 100);
  EXPECT_EQ(answer.tokens_out, 10);
  EXPECT_EQ(answer.cost_micros, 120);  // 100 * 1 + 10 * 2
  EXPECT_EQ(remote.budget().spent_micros(), 120);
  EXPECT_EQ(answer.attempts, 1);
  EXPECT_EQ(answer.egress_sha256, to_hex(sha256(seen.body)));
  EXPECT_NE(seen.head.find("POST /v1/chat/completions"), std::string::npos);
  EXPECT_NE(seen.head.find("Authorization: Bearer sk-secret"), std::string::npos);
  EXPECT_NE(seen.body.find("[EMAIL_1]"), std::string::npos);
  EXPECT_EQ(seen.body.find("ann@"), std::string::npos);
}

TEST(RemoteTier, RetriesAfterTheTimeTheServerAsksFor) {
  Remote remote(
      in_turn({fake_reply(429, "", "Retry-After: 7\r\n"),
               fake_reply(503, "", "retry-after-ms: 30\r\n"), fake_reply(200, kGoodBody)}));
  const RemoteAnswer answer = remote.ask();
  EXPECT_EQ(answer.labels.size(), 2u) << answer.failure;
  EXPECT_EQ(answer.attempts, 3);
  EXPECT_EQ(remote.waits_ms(), (std::vector<int64_t>{7000, 30}));
}

TEST(RemoteTier, BacksOffFromAServerThatFails) {
  std::atomic<size_t> requests = 0;
  Remote remote(in_turn({fake_reply(500, R"({"error":{"message":"boom"}})")}, &requests));
  const RemoteAnswer answer = remote.ask();
  EXPECT_TRUE(answer.labels.empty());
  EXPECT_EQ(answer.failure, "remote model: HTTP 500: boom (attempt 3 of 3)");
  EXPECT_EQ(requests, 3u);
  ASSERT_EQ(remote.waits_ms().size(), 2u);
  EXPECT_GT(remote.waits_ms()[1], remote.waits_ms()[0]);
  EXPECT_EQ(answer.attempts, 3);
  EXPECT_FALSE(answer.egress_sha256.empty());
  EXPECT_EQ(answer.cost_micros, 0) << "a server does not bill what it refuses";
  EXPECT_EQ(remote.budget().spent_micros(), 0);
}

TEST(RemoteTier, AWrongKeyIsNotTriedAgain) {
  std::atomic<size_t> requests = 0;
  Remote remote(
      in_turn({fake_reply(401, R"({"error":{"message":"Incorrect key sk-secret"}})")}, &requests));
  const RemoteAnswer answer = remote.ask();
  EXPECT_EQ(requests, 1u);
  EXPECT_NE(answer.failure.find("api_key_env"), std::string::npos);
  EXPECT_NE(answer.failure.find("Incorrect key [key]"), std::string::npos) << answer.failure;
  EXPECT_EQ(answer.failure.find("sk-secret"), std::string::npos);
}

TEST(RemoteTier, EveryFaultEndsInAReason) {
  const std::string huge(200'000, 'x');
  const std::vector<std::pair<FakeReply, std::string>> faults = {
      {{{{1'000, "HTTP/1.1 200 OK\r\n\r\n"}}}, "no answer within the time allowed"},
      {{{{0, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"cho"}}}, "cut off in mid-answer"},
      {{{{0, "\x16\x03\x01garbage\r\n\r\n"}}}, "not HTTP/1.1"},
      {fake_reply(200, "<html>proxy error</html>"), "not valid JSON"},
      {fake_reply(200, huge), "larger than the limit"},
      {fake_reply(307, "", "Location: http://evil.example/\r\n"), "redirects are not followed"},
      {fake_reply(200, chat_body("I would rather not say.")), "expected a JSON object"},
      {fake_reply(200, chat_body(R"({"intent":"dance","urgency":"high"})")), "expected one of"},
  };
  for (const auto& [reply, expected] : faults) {
    Remote remote(in_turn({reply}));
    const RemoteAnswer answer = remote.ask();
    EXPECT_TRUE(answer.labels.empty());
    EXPECT_NE(answer.failure.find(expected), std::string::npos) << answer.failure;
  }
}

TEST(RemoteTier, AnUnusableAnswerIsStillPaidFor) {
  Remote remote(in_turn({fake_reply(200, chat_body("no"))}));
  EXPECT_EQ(remote.ask().cost_micros, 120);
  EXPECT_EQ(remote.budget().spent_micros(), 120);
}

TEST(RemoteTier, TheCircuitOpensAndClosesAgain) {
  std::atomic<bool> broken = true;
  std::atomic<size_t> requests = 0;
  Remote remote([&](const FakeRequest&) {
    ++requests;
    return broken ? fake_reply(500, "") : fake_reply(200, kGoodBody);
  });
  remote.ask();
  EXPECT_NE(remote.ask().failure.find("left alone"),
            std::string::npos);  // opens at the 5th failure
  EXPECT_EQ(requests, 5u);
  const RemoteAnswer unasked = remote.ask();
  EXPECT_NE(unasked.failure.find("left alone"), std::string::npos);
  EXPECT_EQ(unasked.attempts, 0);
  EXPECT_TRUE(unasked.egress_sha256.empty()) << "nothing left";
  EXPECT_EQ(requests, 5u);
  broken = false;
  remote.clock().advance_us(30'000'000);
  EXPECT_EQ(remote.ask().labels.size(), 2u);
  EXPECT_EQ(remote.ask().labels.size(), 2u);
}

TEST(RemoteTier, TheBudgetIsNeverOverspent) {
  constexpr int64_t kBudget = 6'000;
  std::atomic<size_t> requests = 0;
  Remote remote(in_turn({fake_reply(200, kGoodBody)}, &requests), kBudget);
  int answered = 0;
  RemoteAnswer last;
  for (int i = 0; i < 30; ++i) {
    last = remote.ask();
    answered += last.labels.empty() ? 0 : 1;
  }
  EXPECT_GT(answered, 0);
  EXPECT_LT(answered, 30);
  EXPECT_EQ(requests, static_cast<size_t>(answered));
  EXPECT_LE(remote.budget().spent_micros(), kBudget);
  EXPECT_NE(last.failure.find("budget is used up"), std::string::npos);
  EXPECT_TRUE(last.egress_sha256.empty());
}

// The most that one attempt may cost: a token a byte, and all of max_output_tokens.
int64_t most_cost(const std::string& body) {
  return cost_micros(kPrice, static_cast<int64_t>(body.size()), RemoteTier{}.max_output_tokens);
}

TEST(RemoteTier, AServerThatTimesOutIsPaidForAndNeverOverspends) {
  std::mutex mutex;
  std::string body;
  constexpr int64_t kBudget = 6'000;
  Remote remote(
      [&](const FakeRequest& request) {
        const std::lock_guard lock(mutex);
        body = request.body;
        return FakeReply{{{600, "HTTP/1.1 200 OK\r\n\r\n"}}};
      },
      kBudget);
  const RemoteAnswer first = remote.ask();
  EXPECT_EQ(first.attempts, 3);
  EXPECT_FALSE(first.egress_sha256.empty());
  const int64_t attempt_cost = [&] {
    const std::lock_guard lock(mutex);
    return most_cost(body);
  }();
  EXPECT_EQ(first.cost_micros, 3 * attempt_cost);
  EXPECT_EQ(remote.budget().spent_micros(), first.cost_micros);
  int attempts = first.attempts;
  RemoteAnswer last;
  for (int i = 0; i < 5; ++i) {
    remote.clock().advance_us(60'000'000);  // past an open circuit
    last = remote.ask();
    attempts += last.attempts;
  }
  EXPECT_NE(last.failure.find("budget is used up"), std::string::npos) << last.failure;
  EXPECT_EQ(remote.budget().spent_micros(), attempts * attempt_cost);
  EXPECT_LE(remote.budget().spent_micros(), kBudget);
}

TEST(RemoteTier, AttemptsBeforeAnAnswerArePaidFor) {
  const std::vector<FakeReply> lost = {
      {{{600, "HTTP/1.1 200 OK\r\n\r\n"}}},
      {{{0, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"cho"}}}};
  std::string body;
  std::atomic<size_t> next = 0;
  Remote remote([&](const FakeRequest& request) {
    const size_t i = next++;
    if (i < lost.size()) return lost[i];
    body = request.body;
    return fake_reply(200, kGoodBody);
  });
  const RemoteAnswer answer = remote.ask();
  EXPECT_EQ(answer.labels.size(), 2u) << answer.failure;
  EXPECT_EQ(answer.attempts, 3);
  EXPECT_EQ(answer.cost_micros, 2 * most_cost(body) + 120);
  EXPECT_EQ(remote.budget().spent_micros(), answer.cost_micros);
}

TEST(RemoteTier, AMalformedAnswerIsPaidFor) {
  std::string body;
  Remote remote([&](const FakeRequest& request) {
    body = request.body;
    return fake_reply(200, "<html>proxy error</html>");
  });
  const RemoteAnswer answer = remote.ask();
  EXPECT_EQ(answer.attempts, 1);
  EXPECT_EQ(answer.cost_micros, most_cost(body));
  EXPECT_EQ(remote.budget().spent_micros(), answer.cost_micros);
}

TEST(RemoteTier, SpeaksTlsOnlyWithAServerItTrusts) {
  const FakeCertificate certificate = make_fake_certificate("127.0.0.1");
  const std::string ca_file = testing::TempDir() + "remote_tier_ca.pem";
  ASSERT_TRUE(write_file_atomic(ca_file, certificate.certificate_pem).ok());
  Remote trusted(in_turn({fake_reply(200, kGoodBody)}), std::nullopt, certificate, ca_file);
  EXPECT_EQ(trusted.ask().labels.size(), 2u);
  std::atomic<size_t> requests = 0;
  Remote stranger(in_turn({fake_reply(200, kGoodBody)}, &requests), std::nullopt, certificate);
  const RemoteAnswer refused = stranger.ask();
  EXPECT_NE(refused.failure.find("certificate is not accepted"), std::string::npos);
  EXPECT_EQ(refused.attempts, 0);
  EXPECT_EQ(refused.cost_micros, 0);
  EXPECT_TRUE(refused.egress_sha256.empty()) << "nothing left";
  EXPECT_EQ(requests, 0u);
}

TEST(RemoteTier, AFailingDetectorBlocks) {
  std::atomic<size_t> requests = 0;
  FakeServer server(in_turn({fake_reply(200, kGoodBody)}, &requests));
  std::vector<std::unique_ptr<Detector>> detectors = make_rule_detectors();
  detectors.push_back(std::make_unique<BrokenDetector>());
  const Redactor redactor(std::move(detectors));
  const Egress egress(redactor);
  const FakeSkills skills;
  Budget budget(std::nullopt);
  RemoteTier tier;
  tier.base_url = server.origin();
  tier.model = "big";
  auto client = ChatClient::create(
      chat_client_options(tier, ""), system_clock(), [](int64_t) {}, 1);
  RemoteModel remote(tier, kPrice, skills, egress, std::move(client).value(), budget);
  for (int i = 0; i < 100; ++i) {
    const RemoteAnswer answer = remote.ask("my card is 4111 1111 1111 1111");
    EXPECT_NE(answer.failure.find("blocked at the boundary"), std::string::npos);
    EXPECT_TRUE(answer.egress_sha256.empty());
  }
  EXPECT_EQ(requests, 0u);
}

// Values that must not cross, different in every ticket.
std::vector<std::string> canaries(int i) {
  const auto luhn = [](std::string payload) {
    int sum = 0;
    for (size_t k = 0; k < payload.size(); ++k) {
      int digit = payload[payload.size() - 1 - k] - '0';
      if (k % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
      sum += digit;
    }
    return payload + static_cast<char>('0' + (10 - sum % 10) % 10);
  };
  const std::string account = fmt::format("37040044{:010}", i + 532013000);
  // DE = 13 14; check digits 98 - (account 131400 mod 97)
  uint64_t rest = 0;
  for (const char c : account + "131400") rest = (rest * 10 + static_cast<uint64_t>(c - '0')) % 97;
  return {fmt::format("canary{:05}@example.org", i), luhn(fmt::format("4111111{:08}", i)),
          fmt::format("DE{:02}{}", 98 - rest, account), fmt::format("+49 30 5{:07}", i),
          fmt::format("10.{}.{}.77", i / 250, i % 250)};
}

TEST(RemoteTier, NoCanaryCrossesInTenThousandEscalations) {
  constexpr int kEscalations = 10'000;
  std::mutex mutex;
  std::vector<std::string> bodies;
  Remote remote([&](const FakeRequest& request) {
    const std::lock_guard lock(mutex);
    bodies.push_back(request.head + request.body);
    return fake_reply(200, kGoodBody);
  });
  std::atomic<int> next = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = next++; i < kEscalations; i = next++) {
        const std::vector<std::string> secret = canaries(i);
        const std::string text =
            fmt::format("Ticket {}: I am {}, card {}, IBAN {}.\nCall {} or look at {} please.", i,
                        secret[0], secret[1], secret[2], secret[3], secret[4]);
        answered += remote.ask(text).labels.empty() ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, kEscalations);
  ASSERT_EQ(bodies.size(), static_cast<size_t>(kEscalations));
  int crossed = 0;
  for (const std::string& body : bodies) {
    const size_t at = body.find("Ticket ");
    ASSERT_NE(at, std::string::npos);
    for (const std::string& secret : canaries(std::atoi(body.c_str() + at + 7))) {
      crossed += body.find(secret) == std::string::npos ? 0 : 1;
    }
  }
  EXPECT_EQ(crossed, 0);
}

}  // namespace
}  // namespace ganglion

#include "mesh/ticket_run.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "mesh/triage_prompt.h"

namespace ganglion {
namespace {

constexpr size_t kMaxProblems = 10;

struct Job {
  TicketOutcome outcome;
  bool done = false;  // guarded by the pool's mutex
};

// What the remote model would have cost: the prompt with this text, an answer of the usual size.
class RemoteCostEstimate {
 public:
  explicit RemoteCostEstimate(const RunTiers& tiers) : price_(tiers.price) {
    const TicketSkills& skills = tiers.skills;
    const ChatRequest request = triage_request("", skills.skill_names(), skills.skill_labels());
    for (const ChatMessage& message : request.messages) {
      prompt_tokens_ += estimate_tokens(message.content);
    }
    for (const std::string& name : skills.skill_names()) {
      constexpr int64_t kTokensOfALabel = 8;
      answer_tokens_ += estimate_tokens(name) + kTokensOfALabel;
    }
  }

  int64_t micros(std::string_view text) const {
    return cost_micros(price_, prompt_tokens_ + estimate_tokens(text), answer_tokens_);
  }

 private:
  const RemotePrice& price_;
  int64_t prompt_tokens_ = 0;
  int64_t answer_tokens_ = 0;
};

// Two groups of threads: the reflex tier keeps the processors busy, the remote tier mostly waits.
class TierPool {
 public:
  TierPool(const RunTiers& tiers, const RunOptions& options) : tiers_(tiers), estimate_(tiers) {
    for (size_t i = 0; i < options.reflex_threads; ++i) {
      threads_.emplace_back([this] { work(reflex_jobs_, &TierPool::run_reflex); });
    }
    if (tiers.remote == nullptr) return;
    for (size_t i = 0; i < options.remote_threads; ++i) {
      threads_.emplace_back([this] { work(remote_jobs_, &TierPool::run_remote); });
    }
  }

  ~TierPool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      reflex_jobs_.push_back(&job);
    }
    work_changed_.notify_all();
  }

  void wait(const Job& job) {
    std::unique_lock lock(mutex_);
    job_done_.wait(lock, [&] { return job.done; });
  }

 private:
  // Runs the step on job after job; a step returns the queue it goes to next, null when it is done.
  void work(std::deque<Job*>& jobs, std::deque<Job*>* (TierPool::*step)(TicketOutcome&)) {
    std::unique_lock lock(mutex_);
    while (true) {
      work_changed_.wait(lock, [&] { return stopping_ || !jobs.empty(); });
      if (stopping_) return;
      Job* job = jobs.front();
      jobs.pop_front();
      lock.unlock();
      std::deque<Job*>* next = (this->*step)(job->outcome);
      lock.lock();
      if (next != nullptr) {
        next->push_back(job);
        work_changed_.notify_all();
      } else {
        job->done = true;
        job_done_.notify_one();
      }
    }
  }

  std::deque<Job*>* run_reflex(TicketOutcome& outcome);
  std::deque<Job*>* run_remote(TicketOutcome& outcome);
  Route route_of(const TicketOutcome& outcome) const;

  const RunTiers& tiers_;
  const RemoteCostEstimate estimate_;
  std::mutex mutex_;
  std::condition_variable work_changed_;
  std::condition_variable job_done_;
  std::deque<Job*> reflex_jobs_;
  std::deque<Job*> remote_jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

Route TierPool::route_of(const TicketOutcome& outcome) const {
  const ReflexAnswer& reflex = outcome.reflex;
  if (reflex.failure) return {false, *reflex.failure, 0.0};
  return tiers_.router.decide(scores_of(reflex), draft_verdict(reflex));
}

std::deque<Job*>* TierPool::run_reflex(TicketOutcome& outcome) {
  const int64_t start_ns = tiers_.clock.steady_ns();
  outcome.reflex = tiers_.skills.answer(outcome.ticket.text);
  outcome.route = route_of(outcome);
  outcome.reflex_us = (tiers_.clock.steady_ns() - start_ns) / 1000;
  outcome.latency_us = outcome.reflex_us;
  outcome.remote_only_cost_micros = estimate_.micros(outcome.ticket.text);
  for (const LabelAnswer& label : outcome.reflex.labels) outcome.labels.push_back(label.label);
  const auto judged = tiers_.router.judged();
  if (!outcome.labels.empty()) {
    outcome.reflex_correct = judge(outcome.ticket, outcome.labels, tiers_.skills, judged);
  }
  if (outcome.route.local) {
    outcome.tier = Tier::kReflex;
    outcome.correct = outcome.reflex_correct;
    return nullptr;
  }
  if (!outcome.reflex.failure_message.empty()) outcome.trail = {outcome.reflex.failure_message};
  // A text that could not be checked goes to no machine.
  const bool may_leave = outcome.route.reason != RouteReason::kRedactionFailed;
  return tiers_.remote != nullptr && may_leave ? &remote_jobs_ : nullptr;
}

std::deque<Job*>* TierPool::run_remote(TicketOutcome& outcome) {
  const int64_t start_ns = tiers_.clock.steady_ns();
  outcome.remote = tiers_.remote->ask(outcome.ticket.text);
  outcome.latency_us += (tiers_.clock.steady_ns() - start_ns) / 1000;
  outcome.cost_micros = outcome.remote->cost_micros;
  if (outcome.remote->labels.empty()) {
    outcome.trail.push_back("the remote tier gave no answer: " + outcome.remote->failure);
    return nullptr;
  }
  outcome.tier = Tier::kRemote;
  outcome.labels = outcome.remote->labels;
  outcome.correct = judge(outcome.ticket, outcome.labels, tiers_.skills, tiers_.router.judged());
  return nullptr;
}

// Live figures beside the bar.
struct RunningCounts {
  int64_t done = 0;
  int64_t answered = 0;

  std::string note() const {
    return fmt::format("answered {}  escalated {}", answered, done - answered);
  }
};

}  // namespace

std::string_view tier_name(Tier tier) {
  constexpr std::string_view kNames[] = {"reflex", "remote", "person"};
  return kNames[static_cast<int>(tier)];
}

std::optional<bool> judge(const Ticket& ticket, std::span<const std::string> labels,
                          const TicketSkills& skills, std::span<const size_t> judged) {
  bool correct = true;
  for (const size_t index : judged) {
    const auto gold = ticket.gold.find(skills.skill_names()[index]);
    if (gold == ticket.gold.end()) return std::nullopt;
    correct = correct && gold->second == labels[index];
  }
  return correct;
}

InputScan scan_tickets(TicketReader reader) {
  InputScan scan;
  while (const auto ticket = reader.next()) {
    if (ticket->ok()) {
      ++scan.num_tickets;
      continue;
    }
    ++scan.num_bad_lines;
    if (scan.first_problems.size() < kMaxProblems) {
      scan.first_problems.push_back(ticket->error().message);
    }
  }
  return scan;
}

Status run_tickets(TicketReader reader, int64_t total, const RunTiers& tiers,
                   const RunOptions& options, std::span<OutcomeSink* const> sinks,
                   ProgressSink& progress) {
  std::deque<std::unique_ptr<Job>> in_flight;  // outlives the threads of the pool
  TierPool pool(tiers, options);
  RunningCounts counts;
  bool at_end = false;
  while (!at_end || !in_flight.empty()) {
    while (!at_end && in_flight.size() < options.max_in_flight) {
      std::optional<Result<Ticket>> ticket = reader.next();
      at_end = !ticket.has_value();
      if (at_end) break;
      if (!ticket->ok()) {
        if (options.skip_bad_lines) continue;
        return ticket->error();
      }
      auto job = std::make_unique<Job>();
      job->outcome.ticket = std::move(*ticket).value();
      job->outcome.decision_id = tiers.ids.next();
      job->outcome.time_us = tiers.clock.wall_us();
      in_flight.push_back(std::move(job));
      pool.submit(*in_flight.back());
    }
    if (in_flight.empty()) break;
    pool.wait(*in_flight.front());
    const TicketOutcome& outcome = in_flight.front()->outcome;
    for (OutcomeSink* sink : sinks) GANGLION_TRY(sink->take(outcome));
    ++counts.done;
    counts.answered += outcome.route.local ? 1 : 0;
    in_flight.pop_front();
    progress.update(static_cast<uint64_t>(counts.done), static_cast<uint64_t>(total),
                    counts.note());
  }
  return {};
}

}  // namespace ganglion

// What a run is worth, in figures.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mesh/certificate.h"
#include "mesh/mesh_file.h"
#include "mesh/ticket_outcome.h"
#include "statistics/binomial.h"

namespace ganglion {

// The part of an outcome that the figures need.
struct FigureRow {
  double confidence = 0.0;  // of the judged answers; 0 where a skill failed
  double margin = 0.0;      // smallest margin of the judged answers to their second label
  std::optional<bool> reflex_correct;
  std::optional<bool> correct;  // as answered
  bool local = false;
  RouteReason reason = RouteReason::kNotCertified;
  Tier tier = Tier::kPerson;
  int64_t reflex_us = 0;
  int64_t latency_us = 0;
  int64_t cost_micros = 0;
  int64_t remote_only_cost_micros = 0;
};

// Right ones among those whose right answer is known, with an exact 95 % interval.
struct Proportion {
  int64_t hits = 0;
  int64_t total = 0;
  Interval interval{};  // Clopper-Pearson
  double rate() const {
    return total == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(total);
  }
};
Proportion proportion(int64_t hits, int64_t total);

// Error rates of the local answers if other rules had escalated equally many of the labelled
// tickets.
struct RouterComparison {
  double random = 0.0;  // the error rate of all tickets, whatever is escalated
  double margin = 0.0;  // the smallest margins are escalated
  double oracle = 0.0;  // wrong answers are escalated first
  // Error rate of random escalation less ours, with a 95 % bootstrap interval.
  double gain_over_random = 0.0;
  Interval gain_interval{};
};

struct LatencyFigures {
  int64_t p50_us = 0;
  int64_t p99_us = 0;
  int64_t max_us = 0;
};

struct RiskCoveragePoint {
  double coverage = 0.0;  // share of the labelled tickets answered locally
  double error_rate = 0.0;
};

struct ReliabilityBin {
  double mean_confidence = 0.0;
  double accuracy = 0.0;
  int64_t count = 0;
};

struct RunFigures {
  std::string mesh_name;
  RiskLimits limits;
  Certificate certificate;
  std::string currency;

  int64_t num_tickets = 0;
  int64_t num_skipped_lines = 0;
  int64_t num_local = 0;
  std::array<int64_t, 3> by_tier{};  // indexed by Tier
  std::array<int64_t, kNumRouteReasons> by_reason{};

  Proportion local_right;       // of the local answers
  Proportion remote_right;      // of the remote answers
  Proportion reflex_right;      // if the reflex tier had answered everything
  RouterComparison comparison;  // meaningful where local_right.total > 0

  LatencyFigures reflex_latency;           // every ticket, the reflex tier's part
  LatencyFigures remote_latency;           // tickets that the remote tier was asked about
  std::vector<int64_t> latency_histogram;  // reflex; bucket i: [2^(i/2), 2^((i+1)/2)) us
  double wall_seconds = 0.0;
  double tickets_per_second = 0.0;

  int64_t cost_micros = 0;
  int64_t remote_only_cost_micros = 0;

  std::vector<RiskCoveragePoint> risk_coverage;  // at most 200 points, rising coverage
  std::vector<ReliabilityBin> reliability;       // at most 10, not empty ones
  double calibration_error = 0.0;                // expected, over the bins

  double escalation_share() const {
    return num_tickets == 0
               ? 0.0
               : 1.0 - static_cast<double>(num_local) / static_cast<double>(num_tickets);
  }
  double saved_share() const {
    return remote_only_cost_micros == 0 ? 0.0
                                        : 1.0 - static_cast<double>(cost_micros) /
                                                    static_cast<double>(remote_only_cost_micros);
  }
};

// What the figures need besides the rows.
struct RunFacts {
  const MeshFile& mesh;
  const Certificate& certificate;
  int64_t num_skipped_lines = 0;
  double wall_seconds = 0.0;
};

// O(n log n). The bootstrap is seeded: equal rows give equal figures.
RunFigures run_figures(std::span<const FigureRow> rows, const RunFacts& facts);

// A sentence when the observed error rate of the local answers is above alpha, but no further than
// chance explains; else empty.
std::string chance_note(const RunFigures& figures);

// Limits that this run does not keep, a sentence each; empty: all are kept.
std::vector<std::string> violated_limits(const RunFigures& figures);

}  // namespace ganglion

#include "evaluation/run_figures.h"

#include <algorithm>
#include <cmath>

#include "statistics/bootstrap.h"

namespace ganglion {
namespace {

constexpr double kIntervalDelta = 0.05;
constexpr size_t kMaxCurvePoints = 200;
constexpr size_t kReliabilityBins = 10;

// Nearest rank; `values` is sorted.
int64_t percentile(std::span<const int64_t> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::min(values.size() - 1, rank == 0 ? 0 : rank - 1)];
}

LatencyFigures latency_figures(std::vector<int64_t> values) {
  std::sort(values.begin(), values.end());
  return {percentile(values, 0.50), percentile(values, 0.99), values.empty() ? 0 : values.back()};
}

std::vector<const FigureRow*> labelled_rows(std::span<const FigureRow> rows) {
  std::vector<const FigureRow*> labelled;
  for (const FigureRow& row : rows) {
    if (row.reflex_correct) labelled.push_back(&row);
  }
  return labelled;
}

RouterComparison compare_routers(std::vector<const FigureRow*> labelled) {
  RouterComparison comparison;
  const auto total = static_cast<double>(labelled.size());
  const auto is_wrong = [](const FigureRow* row) { return !*row->reflex_correct; };
  const auto wrong = static_cast<double>(std::count_if(labelled.begin(), labelled.end(), is_wrong));
  const auto local = std::count_if(labelled.begin(), labelled.end(),
                                   [](const FigureRow* row) { return row->local; });
  if (local == 0) return comparison;
  const auto answered = static_cast<double>(local);
  comparison.random = wrong / total;
  comparison.oracle = std::max(0.0, wrong - (total - answered)) / answered;
  // P(wrong | local) - P(wrong) is the mean of wrong * (local / share - 1), so one bootstrap of
  // means serves; the share is taken as fixed.
  std::vector<double> gains;
  for (const FigureRow* row : labelled) {
    const double weight = row->local ? total / answered : 0.0;
    gains.push_back(is_wrong(row) ? 1.0 - weight : 0.0);
  }
  for (const double gain : gains) comparison.gain_over_random += gain / total;
  Rng rng(20'261'120);
  comparison.gain_interval = bootstrap_mean_interval(gains, 1000, kIntervalDelta, rng);
  std::stable_sort(labelled.begin(), labelled.end(),
                   [](const FigureRow* a, const FigureRow* b) { return a->margin > b->margin; });
  comparison.margin =
      static_cast<double>(std::count_if(labelled.begin(), labelled.begin() + local, is_wrong)) /
      answered;
  return comparison;
}

std::vector<RiskCoveragePoint> risk_coverage(std::vector<const FigureRow*> labelled) {
  std::stable_sort(labelled.begin(), labelled.end(), [](const FigureRow* a, const FigureRow* b) {
    return a->confidence > b->confidence;
  });
  std::vector<RiskCoveragePoint> points;
  const size_t step = labelled.size() / kMaxCurvePoints + 1;
  double wrong = 0.0;
  for (size_t i = 0; i < labelled.size(); ++i) {
    wrong += *labelled[i]->reflex_correct ? 0.0 : 1.0;
    const bool last = i + 1 == labelled.size();
    // A threshold cannot part equal confidences.
    if (!last && labelled[i + 1]->confidence == labelled[i]->confidence) continue;
    if (!last && i % step != 0) continue;
    const auto answered = static_cast<double>(i + 1);
    points.push_back({answered / static_cast<double>(labelled.size()), wrong / answered});
  }
  return points;
}

void fill_reliability(std::span<const FigureRow* const> labelled, RunFigures& figures) {
  std::array<ReliabilityBin, kReliabilityBins> bins{};
  for (const FigureRow* row : labelled) {
    const auto index = static_cast<size_t>(row->confidence * kReliabilityBins);
    ReliabilityBin& bin = bins[std::min(index, kReliabilityBins - 1)];
    bin.mean_confidence += row->confidence;
    bin.accuracy += *row->reflex_correct ? 1.0 : 0.0;
    ++bin.count;
  }
  for (ReliabilityBin& bin : bins) {
    if (bin.count == 0) continue;
    const auto count = static_cast<double>(bin.count);
    bin.mean_confidence /= count;
    bin.accuracy /= count;
    figures.calibration_error += std::fabs(bin.mean_confidence - bin.accuracy) * count /
                                 static_cast<double>(labelled.size());
    figures.reliability.push_back(bin);
  }
}

void count_rows(std::span<const FigureRow> rows, RunFigures& figures) {
  for (const FigureRow& row : rows) {
    figures.num_local += row.local ? 1 : 0;
    ++figures.by_tier[static_cast<size_t>(row.tier)];
    ++figures.by_reason[static_cast<size_t>(row.reason)];
    figures.cost_micros += row.cost_micros;
    figures.remote_only_cost_micros += row.remote_only_cost_micros;
  }
}

// Among the rows of a tier (all rows where it is empty), by the member that says what is right.
Proportion right_ones(std::span<const FigureRow> rows, std::optional<Tier> tier,
                      std::optional<bool> FigureRow::*known) {
  int64_t hits = 0;
  int64_t total = 0;
  for (const FigureRow& row : rows) {
    if ((tier && row.tier != *tier) || !(row.*known)) continue;
    ++total;
    hits += *(row.*known) ? 1 : 0;
  }
  return proportion(hits, total);
}

void fill_latency(std::span<const FigureRow> rows, RunFigures& figures) {
  std::vector<int64_t> reflex;
  std::vector<int64_t> remote;
  for (const FigureRow& row : rows) {
    reflex.push_back(row.reflex_us);
    if (row.latency_us > row.reflex_us) remote.push_back(row.latency_us);
    const double exponent =
        2.0 * std::log2(static_cast<double>(std::max<int64_t>(1, row.reflex_us)));
    const auto bucket = static_cast<size_t>(exponent);
    if (figures.latency_histogram.size() <= bucket) figures.latency_histogram.resize(bucket + 1);
    ++figures.latency_histogram[bucket];
  }
  figures.reflex_latency = latency_figures(std::move(reflex));
  figures.remote_latency = latency_figures(std::move(remote));
}

}  // namespace

Proportion proportion(int64_t hits, int64_t total) {
  return {hits, total, clopper_pearson_interval(hits, total, kIntervalDelta)};
}

RunFigures run_figures(std::span<const FigureRow> rows, const RunFacts& facts) {
  RunFigures figures;
  figures.mesh_name = facts.mesh.name;
  figures.limits = facts.mesh.limits;
  figures.certificate = facts.certificate;
  figures.currency = facts.mesh.price.currency;
  figures.num_tickets = static_cast<int64_t>(rows.size());
  figures.num_skipped_lines = facts.num_skipped_lines;
  figures.wall_seconds = facts.wall_seconds;
  if (facts.wall_seconds > 0.0) {
    figures.tickets_per_second = static_cast<double>(rows.size()) / facts.wall_seconds;
  }
  count_rows(rows, figures);
  fill_latency(rows, figures);
  figures.local_right = right_ones(rows, Tier::kReflex, &FigureRow::correct);
  figures.remote_right = right_ones(rows, Tier::kRemote, &FigureRow::correct);
  figures.reflex_right = right_ones(rows, std::nullopt, &FigureRow::reflex_correct);
  const std::vector<const FigureRow*> labelled = labelled_rows(rows);
  figures.comparison = compare_routers(labelled);
  figures.risk_coverage = risk_coverage(labelled);
  fill_reliability(labelled, figures);
  return figures;
}

std::string chance_note(const RunFigures& figures) {
  const Proportion& right = figures.local_right;
  const double alpha = figures.limits.alpha;
  if (right.total == 0 || 1.0 - right.rate() <= alpha || 1.0 - right.interval.high > alpha)
    return "";
  return fmt::format(
      "{} of {} labelled answers wrong ({:.1f} %): above {:.3g} %, but within chance",
      right.total - right.hits, right.total, 100 * (1.0 - right.rate()), 100 * alpha);
}

std::vector<std::string> violated_limits(const RunFigures& figures) {
  std::vector<std::string> violated;
  const Certificate& certificate = figures.certificate;
  if (!certificate.threshold) {
    violated.push_back(fmt::format(
        "no threshold keeps the error rate at or below {:.2g} % with confidence {:.3g} % on the {} "
        "calibration tickets, so nothing was answered locally; more calibration tickets, a better "
        "model or a larger alpha may help",
        100 * figures.limits.alpha, 100 * (1 - figures.limits.delta),
        certificate.calibration_size));
  }
  if (figures.escalation_share() > figures.limits.max_escalation_share) {
    violated.push_back(fmt::format(
        "{:.1f} % of the tickets were escalated, more than max_escalation_share allows ({:.1f} %)",
        100 * figures.escalation_share(), 100 * figures.limits.max_escalation_share));
  }
  // Only what the labels refute: an observed rate a little above alpha is within chance.
  const Proportion& right = figures.local_right;
  if (right.total > 0 && 1.0 - right.interval.high > figures.limits.alpha) {
    violated.push_back(fmt::format(
        "{} of {} labelled local answers are wrong: the error rate is above alpha beyond chance; "
        "are these tickets like the calibration tickets?",
        right.total - right.hits, right.total));
  }
  return violated;
}

}  // namespace ganglion

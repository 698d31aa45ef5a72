// How well an encoder orders sentence pairs by meaning: Spearman's correlation with people's scores
// on STS 2012 to 2016 (test splits) and SICK (all splits), and the share of a teacher's.
// usage: bench_quality_embedding [--model FILE] [--teacher DIR] [--precision f32|int8]
// Without --model the encoder inside the binary; without --teacher the published figures of
// all-MiniLM-L6-v2 are the measure.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/test_paths.h"
#include "engine/encoder.h"
#include "statistics/rank_correlation.h"

namespace ganglion {
namespace {

struct Pair {
  double score = 0;  // by people
  std::string first;
  std::string second;
};

struct PairSet {
  std::string name;
  double published = 0;  // Spearman x 100 of all-MiniLM-L6-v2 (MTEB)
  std::vector<Pair> pairs;
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Adds the rows of a tab-separated file whose score is a number: a blank one has no gold.
Status add_pairs(const std::filesystem::path& path, size_t score_column, size_t first_column,
                 std::vector<Pair>& pairs) {
  GANGLION_ASSIGN(const std::string text, read_file(path));
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> fields = split(line, '\t');
    if (fields.size() <= std::max(score_column, first_column + 1)) continue;
    const std::string& score = fields[score_column];
    Pair pair = {0, fields[first_column], fields[first_column + 1]};
    const auto parsed = std::from_chars(score.data(), score.data() + score.size(), pair.score);
    if (parsed.ec == std::errc()) pairs.push_back(std::move(pair));
  }
  return {};
}

Result<std::vector<PairSet>> read_pair_sets(const std::filesystem::path& folder) {
  std::vector<PairSet> sets = {{"STS12", 72.37, {}}, {"STS13", 80.60, {}}, {"STS14", 75.59, {}},
                               {"STS15", 85.39, {}}, {"STS16", 78.99, {}}, {"SICK", 77.58, {}}};
  for (size_t year = 2012; year <= 2016; ++year) {
    std::vector<std::filesystem::path> files;
    const auto year_folder = folder / "semeval-sts" / std::to_string(year);
    for (const auto& entry : std::filesystem::directory_iterator(year_folder)) {
      if (entry.path().string().ends_with(".test.tsv")) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) GANGLION_TRY(add_pairs(file, 0, 1, sets[year - 2012].pairs));
  }
  // The published figure is of all three splits together.
  for (const char* split : {"SICK_train.txt", "SICK_trial.txt", "SICK_test_annotated.txt"}) {
    GANGLION_TRY(add_pairs(folder / "sick2014" / split, 3, 1, sets.back().pairs));
  }
  return sets;
}

Result<double> measure(const Encoder& encoder, const PairSet& set) {
  constexpr size_t kBatch = 256;
  std::vector<double> expected;
  std::vector<double> actual;
  for (size_t begin = 0; begin < set.pairs.size(); begin += kBatch) {
    const size_t count = std::min(kBatch, set.pairs.size() - begin);
    std::vector<std::string_view> texts;
    for (size_t i = begin; i < begin + count; ++i) {
      texts.push_back(set.pairs[i].first);
      texts.push_back(set.pairs[i].second);
      expected.push_back(set.pairs[i].score);
    }
    const size_t size = encoder.hidden_size();
    std::vector<float> vectors(texts.size() * size);
    GANGLION_TRY(encoder.embed(texts, vectors));
    for (size_t i = 0; i < count; ++i) {
      const float* const a = vectors.data() + 2 * i * size;
      double cosine = 0;
      for (size_t d = 0; d < size; ++d) cosine += static_cast<double>(a[d]) * a[size + d];
      actual.push_back(cosine);
    }
  }
  return 100 * spearman_correlation(expected, actual);
}

// Spearman x 100 of each set, then the mean of the five STS years.
Result<std::vector<double>> measure_all(const Encoder& encoder, const std::vector<PairSet>& sets) {
  std::vector<double> results;
  double sum = 0;
  for (const PairSet& set : sets) {
    GANGLION_ASSIGN(const double result, measure(encoder, set));
    results.push_back(result);
    if (set.name != "SICK") sum += result;
  }
  results.push_back(sum / static_cast<double>(sets.size() - 1));
  return results;
}

Result<std::vector<double>> measure_file(const std::string& path, const std::string& precision,
                                         const std::vector<PairSet>& sets) {
  const EncoderOptions options = {.precision =
                                      precision == "f32" ? Precision::kF32 : Precision::kS8};
  GANGLION_ASSIGN(const auto encoder, load_encoder(path, options));
  return measure_all(*encoder, sets);
}

void print_table(const std::vector<PairSet>& sets, const std::vector<double>& model,
                 const std::vector<double>& teacher, const char* teacher_name) {
  fmt::print("| set | pairs | model | {} | kept |\n| --- | --- | --- | --- | --- |\n",
             teacher_name);
  for (size_t i = 0; i <= sets.size(); ++i) {
    fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.1f} % |\n",
               i < sets.size() ? sets[i].name : "mean STS12-16",
               i < sets.size() ? std::to_string(sets[i].pairs.size()) : "", model[i], teacher[i],
               100 * model[i] / teacher[i]);
  }
}

Status run(const std::string& model_path, const std::string& teacher_path,
           const std::string& precision) {
  const auto folder = shared_data_path("similarity/sts-semeval-sick");
  if (!folder) {
    return fail(ErrorCode::kNotFound,
                "no similarity/sts-semeval-sick: set GANGLION_DATA to the folder of test data");
  }
  GANGLION_ASSIGN(const std::vector<PairSet> sets, read_pair_sets(*folder));
  std::vector<double> model;
  if (model_path.empty()) {
    GANGLION_ASSIGN(const Encoder* encoder, embedded_encoder());
    GANGLION_ASSIGN(model, measure_all(*encoder, sets));
  } else {
    GANGLION_ASSIGN(model, measure_file(model_path, precision, sets));
  }
  std::vector<double> teacher;
  double sum = 0;
  for (const PairSet& set : sets) {
    teacher.push_back(set.published);
    if (set.name != "SICK") sum += set.published;
  }
  teacher.push_back(sum / static_cast<double>(sets.size() - 1));
  if (!teacher_path.empty()) {
    GANGLION_ASSIGN(teacher, measure_file(teacher_path, precision, sets));
  }
  print_table(sets, model, teacher, teacher_path.empty() ? "MiniLM, published" : "teacher");
  return {};
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  CLI::App app("Sentence similarity: Spearman's correlation on STS 2012 to 2016 and SICK");
  std::string model;
  std::string teacher;
  std::string precision = "f32";
  app.add_option("--model", model, "Encoder file or folder; without it the embedded one");
  app.add_option("--teacher", teacher, "Encoder to compare with");
  app.add_option("--precision", precision)->check(CLI::IsMember({"f32", "int8"}));
  CLI11_PARSE(app, argc, argv);
  const ganglion::Status status = ganglion::run(model, teacher, precision);
  if (!status.ok()) fmt::print(stderr, "error: {}\n", status.error().message);
  return status.ok() ? 0 : 1;
}

#include "training/tagger_corpus.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "models/hash_index.h"
#include "models/tagger.h"

namespace ganglion {
namespace {

// Words [begin, end) with their type.
struct WordSpan {
  size_t begin;
  size_t end;
  uint16_t type;
};

struct Prepared {
  std::vector<TaggerWord> words;
  std::vector<WordSpan> spans;
};

std::vector<LabelledSpan> without_overlaps(const TaggedText& text) {
  std::vector<LabelledSpan> spans = text.spans;
  std::sort(spans.begin(), spans.end(), [](const LabelledSpan& a, const LabelledSpan& b) {
    return std::tuple(a.end - a.begin, a.begin, a.type) <
           std::tuple(b.end - b.begin, b.begin, b.type);
  });
  std::vector<LabelledSpan> kept;
  std::vector<std::string> last_type;  // of each kept span, to leave out repeats
  for (LabelledSpan& span : spans) {
    const auto other = std::find_if(kept.begin(), kept.end(), [&](const LabelledSpan& k) {
      return span.begin < k.end && k.begin < span.end;
    });
    if (other == kept.end()) {
      last_type.push_back(span.type);
      kept.push_back(std::move(span));
      continue;
    }
    std::string& last = last_type[static_cast<size_t>(other - kept.begin())];
    if (other->begin != span.begin || other->end != span.end || last == span.type) continue;
    last = span.type;
    other->type += "|" + span.type;
  }
  return kept;
}

std::vector<Prepared> prepare(std::span<const TaggedText> texts, std::vector<std::string>& types) {
  std::vector<std::vector<LabelledSpan>> kept;
  std::map<std::string, uint16_t> numbers;
  for (const TaggedText& text : texts) {
    kept.push_back(without_overlaps(text));
    for (const LabelledSpan& span : kept.back()) numbers[span.type] = 0;
  }
  for (auto& [name, number] : numbers) {
    number = static_cast<uint16_t>(types.size());
    types.push_back(name);
  }
  std::vector<Prepared> prepared(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    auto& words = prepared[i].words;
    words = split_tagger_words(texts[i].text);
    for (const LabelledSpan& span : kept[i]) {
      const auto first =
          std::lower_bound(words.begin(), words.end(), span.begin,
                           [](const TaggerWord& word, size_t begin) { return word.begin < begin; });
      auto last = first;
      while (last != words.end() && last->end <= span.end) ++last;
      if (first == last) continue;
      prepared[i].spans.push_back({static_cast<size_t>(first - words.begin()),
                                   static_cast<size_t>(last - words.begin()), numbers[span.type]});
    }
  }
  return prepared;
}

// The key of words [begin, end), given the words' hashes.
uint32_t key_of(std::span<const uint64_t> hashes, const WordSpan& span) {
  uint64_t phrase = kEmptyPhrase;
  for (size_t i = span.begin; i < span.end; ++i) phrase = extend_phrase(phrase, hashes[i]);
  return phrase_key(phrase);
}

Result<PhraseTable> collect_phrases(std::span<const TaggedText> texts,
                                    std::span<const Prepared> prepared) {
  std::map<uint32_t, std::map<uint16_t, uint16_t>> counts;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto hashes = hash_tagger_words(texts[i].text, prepared[i].words);
    for (const WordSpan& span : prepared[i].spans) {
      if (span.end - span.begin > kMaxPhraseWords) continue;
      for (size_t end = span.begin + 1; end < span.end; ++end) {
        counts[key_of(hashes, {span.begin, end, 0})];  // a beginning
      }
      uint16_t& count = counts[key_of(hashes, span)][span.type];
      count = static_cast<uint16_t>(std::min<int>(count + 1, UINT16_MAX));
    }
  }
  std::vector<uint32_t> keys;
  std::vector<uint32_t> begins = {0};
  std::vector<PhraseType> types;
  for (const auto& [key, seen] : counts) {
    keys.push_back(key);
    for (const auto& [type, count] : seen) types.push_back({type, count});
    begins.push_back(static_cast<uint32_t>(types.size()));
  }
  PhraseTable table;
  if (!table.build(std::move(keys), std::move(begins), std::move(types))) {
    return fail(ErrorCode::kInvalidArgument, "the labelled phrases collide in their hashes");
  }
  return table;
}

std::vector<uint16_t> gold_tags(const Prepared& prepared, BioTags tags) {
  std::vector<uint16_t> gold(prepared.words.size(), 0);
  for (const WordSpan& span : prepared.spans) {
    for (size_t i = span.begin; i < span.end; ++i) {
      gold[i] = static_cast<uint16_t>(i == span.begin ? tags.begin_of(span.type)
                                                      : tags.inside_of(span.type));
    }
  }
  return gold;
}

// Examples whose rows still hold feature hashes.
void add_examples(const TaggedText& text, const Prepared& prepared, TaggerCorpus& corpus) {
  const BioTags tags{corpus.types.size()};
  const auto gold = gold_tags(prepared, tags);
  const auto hashes = hash_tagger_words(text.text, prepared.words);
  std::vector<OwnPhrase> own;
  for (const WordSpan& span : prepared.spans) own.push_back({key_of(hashes, span), span.type});
  const std::span<const TaggerWord> words = prepared.words;
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = tagger_piece_end(text.text, words, begin);
    TaggerFeatureRows rows = extract_tagger_features(text.text, words.subspan(begin, end - begin),
                                                     text.context, corpus.phrases, own);
    TaggerExample example{std::move(rows.hashes),
                          std::move(rows.begins),
                          {gold.begin() + static_cast<std::ptrdiff_t>(begin),
                           gold.begin() + static_cast<std::ptrdiff_t>(end)}};
    if (tags.is_inside(example.tags[0])) {
      example.tags[0] = static_cast<uint16_t>(tags.begin_of(tags.type_of(example.tags[0])));
    }
    corpus.examples.push_back(std::move(example));
    begin = end;
  }
}

// Keeps the hashes seen often enough, and turns the examples' hashes into rows.
Status number_features(TaggerCorpus& corpus, uint32_t min_feature_count) {
  std::vector<uint32_t> all;
  for (const TaggerExample& example : corpus.examples) {
    all.insert(all.end(), example.rows.begin(), example.rows.end());
  }
  std::sort(all.begin(), all.end());
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin;
    while (end < all.size() && all[end] == all[begin]) ++end;
    if (end - begin >= min_feature_count) corpus.features.push_back(all[begin]);
    begin = end;
  }
  HashIndex index;
  if (!index.build(corpus.features)) {
    return fail(ErrorCode::kInvalidArgument, "the features collide in their hashes");
  }
  for (TaggerExample& example : corpus.examples) {
    uint32_t kept = 0;
    for (size_t word = 0; word < example.num_words(); ++word) {
      const uint32_t begin = example.begins[word];
      example.begins[word] = kept;
      for (uint32_t i = begin; i < example.begins[word + 1]; ++i) {
        const uint32_t row = index.find(example.rows[i]);
        if (row != HashIndex::kNotFound) example.rows[kept++] = row;
      }
    }
    example.begins.back() = kept;
    example.rows.resize(kept);
    example.rows.shrink_to_fit();
  }
  return {};
}

void collect_tags(TaggerCorpus& corpus) {
  std::vector<uint64_t> pairs;  // row << 16 | tag
  for (const TaggerExample& example : corpus.examples) {
    for (size_t word = 0; word < example.num_words(); ++word) {
      for (uint32_t i = example.begins[word]; i < example.begins[word + 1]; ++i) {
        pairs.push_back(uint64_t{example.rows[i]} << 16 | example.tags[word]);
      }
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  corpus.begins.assign(corpus.features.size() + 1, 0);
  for (const uint64_t pair : pairs) {
    corpus.tags.push_back(static_cast<uint16_t>(pair & 0xFFFF));
    ++corpus.begins[(pair >> 16) + 1];
  }
  for (size_t row = 0; row < corpus.features.size(); ++row) {
    corpus.begins[row + 1] += corpus.begins[row];
  }
}

}  // namespace

Result<TaggerCorpus> build_tagger_corpus(std::span<const TaggedText> texts,
                                         uint32_t min_feature_count) {
  TaggerCorpus corpus;
  const std::vector<Prepared> prepared = prepare(texts, corpus.types);
  if (corpus.types.empty() || corpus.types.size() > TaggerModel::kMaxTypes) {
    return fail(ErrorCode::kInvalidArgument,
                "training texts: expected spans of 1 to {} types, found {} in {} texts",
                TaggerModel::kMaxTypes, corpus.types.size(), texts.size());
  }
  GANGLION_ASSIGN(corpus.phrases, collect_phrases(texts, prepared));
  for (size_t i = 0; i < texts.size(); ++i) add_examples(texts[i], prepared[i], corpus);
  GANGLION_TRY(number_features(corpus, min_feature_count));
  collect_tags(corpus);
  return corpus;
}

}  // namespace ganglion

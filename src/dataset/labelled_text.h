// Texts with one label each: what a classifier is trained and measured on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataset/text_rows.h"

namespace ganglion {

struct LabelledText {
  std::string text;
  std::string label;
  uint64_t line = 0;  // in its file, counted from 1
};

struct LabelledTextColumns {
  std::string text = "text";
  std::string label = "label";
};

// Errors of parse_text_rows.
Result<std::vector<LabelledText>> parse_labelled_texts(std::string_view bytes,
                                                       std::string_view source_name,
                                                       RowFormat format,
                                                       const LabelledTextColumns& columns = {});

// JSONL or CSV by extension. Errors of read_text_rows; a .txt file has no labels and is refused.
Result<std::vector<LabelledText>> read_labelled_texts(const std::filesystem::path& path,
                                                      const LabelledTextColumns& columns = {});

// The labels that occur, sorted. kMalformed when there is only one: nothing can be learnt from it.
Result<std::vector<std::string>> distinct_labels(const std::vector<LabelledText>& rows,
                                                 std::string_view source_name);

// The place of each row's label in `labels` (sorted). kMalformed lists rows whose label is not
// there, as "source:line".
Result<std::vector<uint32_t>> label_ids(const std::vector<LabelledText>& rows,
                                        const std::vector<std::string>& labels,
                                        std::string_view source_name);

}  // namespace ganglion

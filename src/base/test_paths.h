// Where tests and benchmarks find files that are not part of the repository.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace ganglion {

// `relative` below $GANGLION_DATA (default ../shared/data beside the checkout), if it exists.
std::optional<std::filesystem::path> shared_data_path(std::string_view relative);

// The folder with the all-MiniLM-L6-v2 weights ($GANGLION_MINILM, default
// build/test-models/all-MiniLM-L6-v2, which scripts/fetch_test_models.sh fills), if it exists.
std::optional<std::filesystem::path> minilm_path();

}  // namespace ganglion

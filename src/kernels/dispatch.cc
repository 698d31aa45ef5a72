#include "kernels/dispatch.h"

#include <array>
#include <cstdlib>
#include <string>

namespace ganglion {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"reference", "avx2", "avx512", "neon"};

Result<const KernelTable*> from_environment() {
  const char* name = std::getenv("GANGLION_ISA");
  auto found = find_kernels(name == nullptr ? "" : name);
  if (!found.ok()) return at_place("environment variable GANGLION_ISA", found.error());
  return found;
}

}  // namespace

std::vector<const KernelTable*> available_kernels() {
  std::vector<const KernelTable*> tables = {&reference_kernels()};
#if defined(__x86_64__)
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2) tables.push_back(&avx2_kernels());
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vnni")) {
    tables.push_back(&avx512_kernels());
  }
#elif defined(__aarch64__)
  tables.push_back(&neon_kernels());
#endif
  return tables;
}

Result<const KernelTable*> find_kernels(std::string_view name) {
  const std::vector<const KernelTable*> tables = available_kernels();
  if (name.empty()) return tables.back();
  for (const KernelTable* table : tables) {
    if (table->name == name) return table;
  }
  std::string available;
  for (const KernelTable* table : tables) {
    available += (available.empty() ? "" : ", ") + std::string(table->name);
  }
  for (const std::string_view known : kNames) {
    if (known != name) continue;
    return fail(ErrorCode::kUnsupported,
                "expected kernels that this machine can run ({}), found \"{}\"", available, name);
  }
  return fail(ErrorCode::kInvalidArgument, "expected one of {}, found \"{}\"", available, name);
}

Result<const KernelTable*> active_kernels() {
  static const Result<const KernelTable*> kActive = from_environment();
  return kActive;
}

}  // namespace ganglion

// How much memory this machine can still give.
#pragma once

#include <cstdint>
#include <string>

namespace ganglion {

// Bytes that the program can take before the machine swaps or a container's limit ends it, counting
// what the system would give up (cached files). UINT64_MAX where the system does not say.
// Source: /proc/meminfo (MemAvailable) and the memory limit of cgroup version 2.
uint64_t available_memory_bytes();

// The most bytes that this program has had in memory at one time, mapped files included.
uint64_t peak_resident_bytes();

// "1.5 GiB", "12.0 MiB", "340 bytes".
std::string byte_count_text(uint64_t num_bytes);

}  // namespace ganglion

// Chooses the kernels for the machine at run time: one binary runs on every x86-64-v2 or aarch64.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernels/kernel_table.h"

namespace ganglion {

// The tables this machine can run, slowest (reference) first.
std::vector<const KernelTable*> available_kernels();

// The table called `name`, or the fastest for an empty name. kInvalidArgument for a name that no
// table has, kUnsupported for one whose instructions this machine lacks.
Result<const KernelTable*> find_kernels(std::string_view name);

// find_kernels of the environment variable GANGLION_ISA, looked up once.
Result<const KernelTable*> active_kernels();

}  // namespace ganglion

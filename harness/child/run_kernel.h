// SPDX-License-Identifier: Apache-2.0
// A kernel step with the chunk kernels of `kernels/`: arrays found, rounds timed, the result
// compared. Knows nothing of the protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "kernels/pass.h"
#include "kernels/result.h"
#include "kernels/view.h"
#include "scenarios/model/child_setup.h"
#include "scenarios/model/kernel_step.h"
#include "scenarios/model/observation.h"

namespace memqual::child {

/// Where the arrays of a step are.
struct KernelArrays {
  /// The memory of an allocated array; an Error where it is smaller than `type` says.
  std::function<kernels::Result<std::byte*>(const std::string& name, std::size_t bytes)> memory;
  std::string scratch_dir;  ///< for relative paths
};

struct KernelRun {
  kernels::PassReport pass;  ///< of the last round
  std::string target;
  std::uint64_t pinned_threads = 0;
  std::uint64_t median_ns = 0;
  std::uint64_t fastest_ns = 0;
  std::optional<DeviceReport> device;  ///< of the last round, where it ran on one
  bool integers = false;  ///< the elements are, so that PassReport's integer sum counts
  bool verified = false;
  bool corrupted = false;  ///< the comparison failed
};

/// ENODEV in Error::system_error where the device, or a way to read that a step asks for, is not
/// here. Every step's `type`s are known or can be read from the file. Errors of the library;
/// system_error is ENOMEM where memory was refused, for tiles or by a mapping, and another errno
/// only where a thread could not be made.
/// `nodes`: CPUs of each memory node, over which threads are spread; fewer than two: as they come.
kernels::Result<KernelRun> run_kernel_step(const Kernel& step, const CacheBytes& caches,
                                           const std::vector<std::vector<unsigned>>& nodes,
                                           const KernelArrays& arrays);

}  // namespace memqual::child

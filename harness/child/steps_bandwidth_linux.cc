// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <system_error>

#include "harness/child/case_process.h"
#include "harness/child/steps.h"
#include "kernels/bandwidth.h"

namespace memqual::child {
namespace {

std::uint64_t nanoseconds(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

kernels::BandwidthRequest request_of(const Bandwidth& step) {
  kernels::BandwidthRequest request;
  for (const BandwidthOperation operation : step.operations)
    if (const auto known = kernels::bandwidth_operation_from(to_word(operation)))
      request.operations.push_back(*known);
  request.bytes = literal_bytes(step.size);
  request.threads.assign(step.threads.begin(), step.threads.end());
  request.rounds = step.rounds;
  request.pages =
      step.pages == PageChoice::base ? kernels::PageKind::base : kernels::PageKind::huge;
  request.cpus.assign(step.cpus.begin(), step.cpus.end());
  if (request.cpus.empty()) request.cpus = kernels::usable_cpus();
  if (step.memory_node) request.node = *step.memory_node;
  return request;
}

BandwidthFigure figure_of(const kernels::BandwidthResult& result, std::uint32_t rounds) {
  BandwidthFigure figure;
  figure.operation = from_word<BandwidthOperation>(kernels::to_string(result.operation))
                         .value_or(BandwidthOperation::read);
  figure.threads = result.threads;
  figure.way = result.way;
  figure.moved_bytes = result.bytes;
  figure.rounds = rounds;
  figure.median_ns = nanoseconds(result.median_seconds);
  figure.least_ns = nanoseconds(result.least_seconds);
  figure.most_ns = nanoseconds(result.most_seconds);
  figure.faults = result.faults;
  figure.first_ns = nanoseconds(result.first_seconds);
  figure.pinned_threads = static_cast<std::uint32_t>(result.pinned);
  return figure;
}

StepResult failed_with(int error, const std::string& what) {
  StepResult result = failed_call(error, "");
  std::snprintf(result.detail, sizeof result.detail, "%.150s", what.c_str());
  return result;
}

// Not about memory: the case says nothing about this machine.
[[noreturn]] void end_with(const StepContext& context, const kernels::Error& error) {
  end_with_error(context.report, error.message + (error.hint.empty() ? "" : "; " + error.hint), 0);
}

}  // namespace

StepResult run_bandwidth(const Bandwidth& step, StepContext& context) {
  // The end of a thread frees memory, for which the library would reserve an arena of 64 MiB.
  mallopt(M_ARENA_MAX, 1);
  try {
    const auto kernels = kernels::Kernels::from_environment();
    if (!kernels) end_with(context, kernels.error());
    const auto measured = kernels::measure_bandwidth(*kernels, request_of(step));
    if (!measured && measured.error().system_error == 0) end_with(context, measured.error());
    if (!measured) return failed_with(measured.error().system_error, measured.error().message);
    StepResult result;
    for (const kernels::BandwidthResult& one : *measured)
      result.bandwidth.push_back(figure_of(one, step.rounds));
    return result;
  } catch (const std::system_error& error) {  // no memory or no pid for a thread
    return failed_call(error.code().value(), "starting a thread");
  } catch (const std::bad_alloc&) {
    return failed_call(ENOMEM, "memory for the figures");
  }
}

}  // namespace memqual::child

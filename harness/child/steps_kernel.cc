// SPDX-License-Identifier: Apache-2.0
// A kernel step between the protocol and the kernels.
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "harness/child/case_process.h"
#include "harness/child/report_pipe.h"
#include "harness/child/run_kernel.h"
#include "harness/child/steps.h"
#include "kernels/cpu_nodes.h"

namespace memqual::child {
namespace {

using kernels::Error;
using kernels::Result;

std::string number_text(double value) {
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

Result<std::byte*> find_memory(const StepContext& context, const std::string& name,
                               std::size_t bytes) {
  BlockList* list = context.blocks->find(name);
  if (list == nullptr || list->granted == 0)
    return Error{"no array named " + name, "allocate it before this step"};
  if (list->block_bytes < bytes)
    return Error{"the array " + name + " has " + std::to_string(list->block_bytes) +
                     " bytes, and the kernel needs " + std::to_string(bytes),
                 "allocate it with the shape and dtype that the step uses"};
  return list->blocks[0];
}

void add_results(wire::LineBuilder& line, const Kernel& step, const KernelRun& run) {
  if (run.pass.reduction) {
    const kernels::ReductionResult& result = *run.pass.reduction;
    line.add("sum", std::string_view(number_text(result.sum)));
    // The same 64 bits, read back as signed.
    if (run.integers && step.reduce != KernelReduce::sum_of_squares)
      line.add("integer_sum", static_cast<std::uint64_t>(result.integer_sum));
    if (step.reduce == KernelReduce::summary) {
      line.add("least", std::string_view(number_text(result.least)));
      line.add("most", std::string_view(number_text(result.most)));
    }
  }
  if (run.pass.checksum) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx",
                  static_cast<unsigned long long>(*run.pass.checksum));
    line.add("checksum", std::string_view(digits));
  }
}

void add_device(wire::LineBuilder& line, const DeviceReport& device) {
  line.add("device", std::string_view(device.name)).add("device_total", device.total_bytes);
  line.add("device_before", device.free_before_bytes).add("device_after", device.free_after_bytes);
  line.add("device_peak", device.peak_bytes).add("device_block", device.block_bytes);
  line.add("device_in", device.copied_in_bytes).add("device_out", device.copied_out_bytes);
}

void send_run(const StepContext& context, const Kernel& step, const KernelRun& run) {
  wire::LineBuilder line("kernel");
  line.add("step", std::uint64_t{context.step}).add("target", std::string_view(run.target));
  line.add("tile_rows", std::uint64_t{run.pass.tile.rows});
  line.add("tile_cols", std::uint64_t{run.pass.tile.cols});
  line.add("tile_bytes", std::uint64_t{run.pass.tile.bytes});
  line.add("tile_reason", std::string_view(run.pass.tile.reason));
  line.add("tiles", std::uint64_t{run.pass.tiles}).add("budget", literal_bytes(step.budget));
  line.add("threads", std::uint64_t{step.threads}).add("pinned", run.pinned_threads);
  line.add("rounds", std::uint64_t{step.rounds});
  line.add("read", run.pass.bytes_read).add("written", run.pass.bytes_written);
  line.add("useful", run.pass.bytes_useful);
  line.add("round_ns", run.median_ns).add("fastest_ns", run.fastest_ns);
  line.add("verified", std::uint64_t{run.verified});
  add_results(line, step, run);
  if (run.device) add_device(line, *run.device);
  send(context.report, line);
}

}  // namespace

StepResult run_kernel(const Kernel& step, StepContext& context) {
  KernelArrays arrays;
  arrays.memory = [&context](const std::string& name, std::size_t bytes) {
    return find_memory(context, name, bytes);
  };
  arrays.scratch_dir = std::string(context.scratch_path);
  std::vector<std::vector<unsigned>> nodes;
  for (const std::string& cpus : context.node_cpus) nodes.push_back(kernels::read_cpu_list(cpus));
  const Result<KernelRun> run = run_kernel_step(step, context.caches, nodes, arrays);
  if (!run) {
    const Error& error = run.error();
    if (is_refusal(error.system_error))
      return failed_call(error.system_error, error.message.c_str());
    if (error.system_error == ENODEV) end_as_unsupported(context.report, error.message, error.hint);
    // Not about memory: the case says nothing about this machine.
    end_with_error(context.report, error.message + (error.hint.empty() ? "" : "; " + error.hint),
                   0);
  }
  send_run(context, step, *run);
  StepResult result;
  if (run->corrupted) {
    result = failed_call(0, "the result differs from the baseline target's");
    result.corrupted = true;
  }
  return result;
}

}  // namespace memqual::child

// SPDX-License-Identifier: Apache-2.0
// What a kernel step asks for and makes resident.
#include "harness/oracle/stepper.h"

namespace memqual::oracle {
namespace {

std::uint64_t bytes_of(const ArrayType& type) {
  return saturating_multiply(saturating_multiply(type.rows, type.cols), dtype_bytes(type.dtype));
}

}  // namespace

// A kernel step reads its inputs, holds its tiles and writes its result. What it mapped for that it
// gives back.
StepOutcome Stepper::apply(const Kernel& step) {
  if (step.device != KernelDevice::cpu)
    leave_out("memory of a GPU, and what its driver takes of the host's");
  const std::uint64_t vsz_before = state_.vsz_bytes;
  StepOutcome outcome = then(use_array(step.in, Access::read), [&] {
    return then(use_array(step.with, Access::read), [&] {
      return then(hold_tiles(step), [&] { return use_array(step.out, Access::write); });
    });
  });
  state_.vsz_bytes = vsz_before;
  return outcome;
}

// A mapped file takes the address space of all of it, and no charge (kernels/file.h Mapping).
StepOutcome Stepper::map_file(const ArrayRef& array) {
  if (!array.type) {
    for (const ResolvedRlimit& limit : situation_.setup.rlimits)
      if (limit.resource == RlimitResource::address_space && !limit.unlimited)
        leave_out("the length of " + array.name);
    return goes_on();
  }
  Allocate mapping;
  mapping.using_ = AllocateUsing::file;
  mapping.size = Size::of_bytes(bytes_of(*array.type));
  const BlockShape shape = rules_.shape(mapping, situation_.facts, state_.mmap_threshold_bytes);
  StepOutcome outcome =
      granted_or_refused(rules_.allocation(situation_, state_, mapping, shape), 1);
  state_.vsz_bytes = saturating_add(state_.vsz_bytes, shape.mapped_bytes);
  return outcome;
}

StepOutcome Stepper::use_array(const std::optional<ArrayRef>& array, Access access) {
  if (!array) return goes_on();
  if (array->place == ArrayPlace::memory) {
    Touch touch{array->name};
    touch.access = access;
    return apply(touch);
  }
  if (access == Access::read)
    return array->access == ArrayAccess::mapped ? map_file(*array) : goes_on();
  // Pages of a file are given back when memory is short; only what cannot be written back fast is
  // open.
  const std::uint64_t bytes = array->type ? bytes_of(*array->type) : 0;
  if (bytes > rules_.limit(situation_).least_bytes / 2)
    leave_out("writing back dirty pages of a file under a memory limit");
  return goes_on();
}

// Up to the budget is asked for in buffers of the C++ library, and each thread but the first has a
// stack and an arena of its own. How much of it a chain needs is not modelled, so that a limit that
// would not hold all of it leaves the step open.
StepOutcome Stepper::hold_tiles(const Kernel& step) {
  if (step.device != KernelDevice::cpu) return goes_on();  // the budget is not the host's
  constexpr std::uint64_t kThreadBytes = 8 * kMiB + 128 * kMiB;
  const std::uint64_t budget = literal_bytes(step.budget);
  Allocate buffers;
  buffers.size =
      Size::of_bytes(saturating_add(budget, saturating_multiply(step.threads - 1, kThreadBytes)));
  const BlockShape shape = rules_.shape(buffers, situation_.facts, state_.mmap_threshold_bytes);
  StepOutcome refusal =
      granted_or_refused(rules_.allocation(situation_, state_, buffers, shape), 1);
  if (refusal.may_end) {
    refusal.may_go_on = true;
    refusal.why.open_because = "as a kernel may need less than its budget";
  }
  return then(refusal, [&] { return resident_now(0, budget, false); });
}

}  // namespace memqual::oracle

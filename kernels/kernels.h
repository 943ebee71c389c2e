// SPDX-License-Identifier: Apache-2.0
// The kernels of one target, which every operation takes as its first argument. A value: copy it,
// share it between threads.
#pragma once

#include "kernels/elementwise_ops.h"
#include "kernels/read_ops.h"
#include "kernels/reduce_ops.h"
#include "kernels/result.h"
#include "kernels/stencil_ops.h"
#include "kernels/target.h"

namespace memqual::kernels {

class Kernels {
 public:
  /// `target` must be one of supported_targets().
  explicit Kernels(Target target)
      : target_(target),
        elementwise_(elementwise_ops(target)),
        reduce_(reduce_ops(target)),
        read_(read_ops(target)),
        stencil_(stencil_ops(target)) {}

  /// The best target of this CPU, or the one that MEMQUAL_FORCE_TARGET names.
  static Result<Kernels> from_environment() {
    const Result<Target> target = target_from_environment();
    if (!target) return target.error();
    return Kernels(*target);
  }

  Target target() const { return target_; }
  const ElementwiseOps& elementwise() const { return *elementwise_; }
  const ReduceOps& reduce() const { return *reduce_; }
  const ReadOps& read() const { return *read_; }
  const StencilOps& stencil() const { return *stencil_; }

 private:
  Target target_;
  const ElementwiseOps* elementwise_;
  const ReduceOps* reduce_;
  const ReadOps* read_;
  const StencilOps* stencil_;
};

}  // namespace memqual::kernels

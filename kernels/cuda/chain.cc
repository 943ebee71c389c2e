// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/chain.h"

#include <string>
#include <utility>
#include <variant>

#include "kernels/operations.h"

namespace memqual::kernels::cuda {
namespace {

/// The step, and what the processor's operation says to an array of no elements: whether it has a
/// meaning for this one.
std::pair<ChainStep, Status> translate(const Kernels& kernels, Element from, const Step& step) {
  const ConstView x(nullptr, 0, 0, from);
  const View same(nullptr, 0, 0, from);
  if (std::holds_alternative<SqrtStep>(step))
    return {{StepKind::sqrt, from, 1, 0}, sqrt(kernels, x, same, Store::cached)};
  if (const auto* scale = std::get_if<ScaleOffsetStep>(&step))
    return {{StepKind::scale_offset, from, scale->a, scale->b},
            scale_offset(kernels, x, same, scale->a, scale->b, Store::cached)};
  if (const auto* to = std::get_if<ConvertStep>(&step))
    return {{StepKind::convert, to->to, 1, 0},
            convert(kernels, x, View(nullptr, 0, 0, to->to), Store::cached)};
  return {{},
          Error{"a step that looks at neighbours does not run on the device",
                "use the processor for it"}};
}

}  // namespace

Result<Chain> make_chain(const Kernels& kernels, Element from, const std::vector<Step>& steps) {
  if (steps.size() > kMostSteps)
    return Error{"a chain of " + std::to_string(steps.size()) + " steps does not run on the device",
                 "use at most " + std::to_string(kMostSteps) + " in one pass"};
  Chain chain;
  chain.from = from;
  chain.result = from;
  for (const Step& step : steps) {
    const auto [made, status] = translate(kernels, chain.result, step);
    if (!status) return status.error();
    chain.steps[chain.count++] = made;
    chain.result = made.to;
  }
  return chain;
}

}  // namespace memqual::kernels::cuda

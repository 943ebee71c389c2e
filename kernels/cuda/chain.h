// SPDX-License-Identifier: Apache-2.0
// A chain of element-wise steps as a plain value that a kernel takes as its argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/element.h"
#include "kernels/kernels.h"
#include "kernels/pass.h"
#include "kernels/result.h"

namespace memqual::kernels::cuda {

inline constexpr std::size_t kMostSteps = 16;

enum class StepKind : std::uint8_t { sqrt, scale_offset, convert };

struct ChainStep {
  StepKind kind = StepKind::sqrt;
  Element to = Element::float64;  ///< what it makes
  double a = 1;
  double b = 0;
};

struct Chain {
  Element from = Element::float64;
  Element result = Element::float64;
  std::size_t count = 0;
  ChainStep steps[kMostSteps];
};

/// An Error where a step has no meaning for its element, in the words that the same step has on
/// the processor; for steps that look at neighbours; for more than kMostSteps.
Result<Chain> make_chain(const Kernels& kernels, Element from, const std::vector<Step>& steps);

}  // namespace memqual::kernels::cuda

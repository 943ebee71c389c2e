// SPDX-License-Identifier: Apache-2.0
// The arithmetic of one element and of one unit of a sum, for the GPU and for what stands in for it
// in tests: the same lines, so that a test without a GPU holds them against the vector kernels.
// They rely on no multiplication and addition being contracted (--fmad=false, -ffp-contract=off).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/cuda/chain.h"
#include "kernels/cuda/on_device.h"
#include "kernels/half.h"
#include "kernels/reduce_ops.h"
#include "kernels/reduction.h"

namespace memqual::kernels::cuda {

/// One element; which member holds it follows from its Element: f32 also the 16-bit floats, i32
/// also bytes.
struct Cell {
  double f64 = 0;
  float f32 = 0;
  std::int32_t i32 = 0;
};

template <class T>
MEMQUAL_ON_DEVICE inline T element_at(const std::byte* x, std::size_t i) {
  return reinterpret_cast<const T*>(x)[i];
}

MEMQUAL_ON_DEVICE inline Cell load_cell(Element element, const std::byte* x, std::size_t i) {
  Cell cell;
  switch (element) {
    case Element::float64:
      cell.f64 = element_at<double>(x, i);
      break;
    case Element::float32:
      cell.f32 = element_at<float>(x, i);
      break;
    case Element::float16:
      cell.f32 = float_from_half(element_at<std::uint16_t>(x, i));
      break;
    case Element::bfloat16:
      cell.f32 = float_from_bfloat(element_at<std::uint16_t>(x, i));
      break;
    case Element::int32:
      cell.i32 = element_at<std::int32_t>(x, i);
      break;
    case Element::uint8:
      cell.i32 = element_at<std::uint8_t>(x, i);
      break;
  }
  return cell;
}

MEMQUAL_ON_DEVICE inline void store_cell(Element element, const Cell& cell, std::byte* out,
                                         std::size_t i) {
  switch (element) {
    case Element::float64:
      reinterpret_cast<double*>(out)[i] = cell.f64;
      break;
    case Element::float32:
      reinterpret_cast<float*>(out)[i] = cell.f32;
      break;
    case Element::float16:
      reinterpret_cast<std::uint16_t*>(out)[i] = half_from_float(cell.f32);
      break;
    case Element::bfloat16:
      reinterpret_cast<std::uint16_t*>(out)[i] = bfloat_from_float(cell.f32);
      break;
    case Element::int32:
      reinterpret_cast<std::int32_t*>(out)[i] = cell.i32;
      break;
    case Element::uint8:
      reinterpret_cast<std::uint8_t*>(out)[i] = static_cast<std::uint8_t>(cell.i32);
      break;
  }
}

MEMQUAL_ON_DEVICE inline double as_double(Element element, const Cell& cell) {
  if (element == Element::float64) return cell.f64;
  return is_floating(element) ? static_cast<double>(cell.f32) : static_cast<double>(cell.i32);
}

// 16-bit floats are rounded behind every step, as they are on the processor.
MEMQUAL_ON_DEVICE inline float rounded_to(Element element, float value) {
  if (element == Element::float16) return float_from_half(half_from_float(value));
  if (element == Element::bfloat16) return float_from_bfloat(bfloat_from_float(value));
  return value;
}

MEMQUAL_ON_DEVICE inline void scale_cell(const ChainStep& step, Cell& cell) {
  if (step.to == Element::float64) {
    const double product = step.a * cell.f64;
    cell.f64 = product + step.b;
  } else if (step.to == Element::int32) {
    const auto product = static_cast<std::uint32_t>(static_cast<std::int32_t>(step.a)) *
                         static_cast<std::uint32_t>(cell.i32);
    cell.i32 = static_cast<std::int32_t>(
        product + static_cast<std::uint32_t>(static_cast<std::int32_t>(step.b)));
  } else {
    const float product = static_cast<float>(step.a) * cell.f32;
    cell.f32 = product + static_cast<float>(step.b);
  }
}

MEMQUAL_ON_DEVICE inline void apply_step(const ChainStep& step, Cell& cell) {
  switch (step.kind) {
    case StepKind::sqrt:
      if (step.to == Element::float64)
        cell.f64 = ::sqrt(cell.f64);
      else
        cell.f32 = ::sqrtf(cell.f32);
      break;
    case StepKind::scale_offset:
      scale_cell(step, cell);
      break;
    case StepKind::convert:
      break;
  }
  cell.f32 = rounded_to(step.to, cell.f32);
}

MEMQUAL_ON_DEVICE inline void apply_chain(const Chain& chain, const std::byte* in, std::byte* out,
                                          std::size_t i) {
  Cell cell = load_cell(chain.from, in, i);
  for (std::size_t s = 0; s < chain.count; ++s) apply_step(chain.steps[s], cell);
  store_cell(chain.result, cell, out, i);
}

inline constexpr std::size_t kLanes = 32;  // reduce_ops.h

/// What is under way in one lane of a unit's sum.
MEMQUAL_ON_DEVICE inline UnitResult empty_lane() {
  return {0, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
}

/// Takes one more element in.
MEMQUAL_ON_DEVICE inline void add_to_lane(Reduce what, double value, UnitResult& lane) {
  const double term = what == Reduce::sum_of_squares ? value * value : value;
  lane.sum = lane.sum + term;
  // A NaN stays: no comparison with it is true.
  if (value < lane.least || value != value) lane.least = value;
  if (value > lane.most) lane.most = value;
}

/// Folds another lane into this one.
MEMQUAL_ON_DEVICE inline void fold_lane(const UnitResult& other, UnitResult& lane) {
  lane.sum = lane.sum + other.sum;
  if (other.least < lane.least || other.least != other.least) lane.least = other.least;
  if (other.most > lane.most) lane.most = other.most;
}

}  // namespace memqual::kernels::cuda

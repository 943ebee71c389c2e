// SPDX-License-Identifier: Apache-2.0
#include "kernels/stencil.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "kernels/operations.h"

namespace memqual::kernels {
namespace {

using Index = std::ptrdiff_t;

// The element of [0, n) that stands for index i, or none.
std::optional<std::size_t> within(Index i, std::size_t count, Boundary boundary) {
  const Index n = static_cast<Index>(count);
  if (i >= 0 && i < n) return static_cast<std::size_t>(i);
  switch (boundary) {
    case Boundary::clamp:
      return i < 0 ? 0 : count - 1;
    case Boundary::reflect:
      return static_cast<std::size_t>(i < 0 ? -i : 2 * (n - 1) - i);
    case Boundary::wrap:
      return static_cast<std::size_t>((i % n + n) % n);
    case Boundary::constant:
      return std::nullopt;
  }
  return std::nullopt;
}

bool inside(const Rect& rect, const ConstView& array) {
  return rect.row + rect.rows <= array.rows && rect.col + rect.cols <= array.cols;
}

Status check_padding(const ConstView& array, const Rect& rect, std::size_t halo, const Edge& edge) {
  if (!inside(rect, array))
    return Error{"cannot use a tile that reaches beyond its array: rows " +
                     std::to_string(rect.row) + " to " + std::to_string(rect.row + rect.rows) +
                     ", columns " + std::to_string(rect.col) + " to " +
                     std::to_string(rect.col + rect.cols) + " of " + std::to_string(array.rows) +
                     "x" + std::to_string(array.cols),
                 "cut the tile to the array"};
  if (edge.boundary == Boundary::reflect && (halo >= array.rows || halo >= array.cols))
    return Error{"cannot reflect " + std::to_string(halo) + " rows and columns of an array of " +
                     std::to_string(array.rows) + "x" + std::to_string(array.cols),
                 "use another boundary, or a smaller halo"};
  return done();
}

// One row of the result of pad(); row `r` of the array.
void pad_row(const ConstView& array, std::size_t r, const Rect& rect, std::size_t halo,
             Boundary boundary, const std::byte* value, std::byte* to) {
  const std::size_t size = element_size(array.element);
  const auto put_one = [&](std::size_t k) {
    const Index col = static_cast<Index>(rect.col + k) - static_cast<Index>(halo);
    const std::optional<std::size_t> from = within(col, array.cols, boundary);
    std::memcpy(to + k * size, from ? array.at(r, *from) : value, size);
  };
  // Most of a row is there as it is.
  const std::size_t left = rect.col >= halo ? 0 : halo - rect.col;
  const std::size_t end = std::min(rect.cols + 2 * halo, array.cols + halo - rect.col);
  for (std::size_t k = 0; k < left; ++k) put_one(k);
  std::memcpy(to + left * size, array.at(r, rect.col + left - halo), (end - left) * size);
  for (std::size_t k = end; k < rect.cols + 2 * halo; ++k) put_one(k);
}

template <class T>
const T* as(const std::byte* bytes) {
  return reinterpret_cast<const T*>(bytes);
}

template <class T>
void run_points(StencilOps::Points<T> points, const StencilWeights& weights,
                const ConstView& padded, View out, Store store) {
  points(as<T>(padded.at(1, 1)), padded.stride / sizeof(T), reinterpret_cast<T*>(out.data),
         out.stride / sizeof(T), out.rows, out.cols, weights, store);
}

template <class T>
void run_box(StencilOps::Box<T> box, std::size_t radius, const ConstView& padded, View out) {
  for (std::size_t r = 0; r < out.rows; ++r)
    box(as<T>(padded.at(r, radius)), padded.stride / sizeof(T), radius,
        reinterpret_cast<T*>(out.row(r)), out.cols);
}

void run(const StencilOps& ops, const Neighbourhood& neighbourhood, const ConstView& padded,
         View out, Store store) {
  const bool wide = out.element == Element::float64;
  if (const auto* box = std::get_if<BoxBlur>(&neighbourhood)) {
    if (wide) return run_box(ops.box_f64, box->radius, padded, out);
    return run_box(ops.box_f32, box->radius, padded, out);
  }
  if (const auto* five = std::get_if<FivePoint>(&neighbourhood)) {
    if (wide) return run_points(ops.five_f64, five->weights, padded, out, store);
    return run_points(ops.five_f32, five->weights, padded, out, store);
  }
  const StencilWeights& weights = std::get<NinePoint>(neighbourhood).weights;
  if (wide) return run_points(ops.nine_f64, weights, padded, out, store);
  return run_points(ops.nine_f32, weights, padded, out, store);
}

bool aligned(const ConstView& view) {
  const std::size_t size = element_size(view.element);
  return reinterpret_cast<std::uintptr_t>(view.data) % size == 0 && view.stride % size == 0;
}

Status check_elements(const Neighbourhood& neighbourhood, const ConstView& x,
                      const ConstView& out) {
  if (x.element != out.element || (x.element != Element::float64 && x.element != Element::float32))
    return Error{"a stencil takes float64 or float32 and makes the same, not " +
                     std::string(to_string(x.element)) + " to " +
                     std::string(to_string(out.element)),
                 "convert first"};
  if (!aligned(x) || !aligned(out))
    return Error{"an array for a stencil is not aligned for its element", "align it"};
  if (halo_of(neighbourhood) > kMaxBoxRadius)
    return Error{"a box blur takes a radius of at most " + std::to_string(kMaxBoxRadius) +
                     ", not " + std::to_string(halo_of(neighbourhood)),
                 "use a smaller one, or several blurs one after the other"};
  return done();
}

// `rect` without what is within `halo` of the array's edges; no rows or columns if nothing is left.
Rect interior(const ConstView& array, const Rect& rect, std::size_t halo) {
  const std::size_t top = std::max(rect.row, halo);
  const std::size_t left = std::max(rect.col, halo);
  const std::size_t bottom =
      std::min(rect.row + rect.rows, array.rows - std::min(halo, array.rows));
  const std::size_t right = std::min(rect.col + rect.cols, array.cols - std::min(halo, array.cols));
  if (bottom <= top || right <= left) return {rect.row, rect.col, 0, 0};
  return {top, left, bottom - top, right - left};
}

// A strip along an edge: through a padded copy of it.
Status apply_strip(const Kernels& kernels, const Neighbourhood& neighbourhood,
                   const ConstView& array, const Rect& strip, const Edge& edge, View out) {
  if (out.empty()) return done();
  const std::size_t halo = halo_of(neighbourhood);
  const std::size_t size = element_size(array.element);
  const std::size_t cols = strip.cols + 2 * halo;
  std::vector<double> memory(((strip.rows + 2 * halo) * cols * size + 7) / 8);
  const View padded(reinterpret_cast<std::byte*>(memory.data()), strip.rows + 2 * halo, cols,
                    array.element);
  if (Status status = pad(array, strip, halo, edge, padded); !status) return status;
  return apply_padded(kernels, neighbourhood, padded, out, Store::cached);
}

}  // namespace

std::size_t halo_of(const Neighbourhood& neighbourhood) {
  const auto* box = std::get_if<BoxBlur>(&neighbourhood);
  return box != nullptr ? box->radius : 1;
}

Status pad(const ConstView& array, const Rect& rect, std::size_t halo, const Edge& edge, View out) {
  if (Status status = check_padding(array, rect, halo, edge); !status) return status;
  if (out.element != array.element || out.rows != rect.rows + 2 * halo ||
      out.cols != rect.cols + 2 * halo)
    return Error{"the copy of a tile has to be its size and twice the halo, of the same element",
                 "make it so large"};
  if (rect.rows == 0 || rect.cols == 0) return done();
  std::byte value[8] = {};
  if (edge.boundary == Boundary::constant) {
    const Kernels any(built_targets().front());
    const View one(value, 1, 1, array.element);
    if (Status status = fill(any, one, edge.value, Store::cached); !status) return status;
  }
  const std::size_t size = element_size(array.element);
  for (std::size_t k = 0; k < out.rows; ++k) {
    const Index r = static_cast<Index>(rect.row + k) - static_cast<Index>(halo);
    if (const auto from = within(r, array.rows, edge.boundary)) {
      pad_row(array, *from, rect, halo, edge.boundary, value, out.row(k));
    } else {
      for (std::size_t c = 0; c < out.cols; ++c) std::memcpy(out.row(k) + c * size, value, size);
    }
  }
  return done();
}

Status apply_padded(const Kernels& kernels, const Neighbourhood& neighbourhood,
                    const ConstView& padded, View out, Store store) {
  if (Status status = check_elements(neighbourhood, padded, out); !status) return status;
  const std::size_t halo = halo_of(neighbourhood);
  if (padded.rows != out.rows + 2 * halo || padded.cols != out.cols + 2 * halo)
    return Error{"a stencil's input has to be its result's size and twice the halo",
                 "pad it by the halo that the operation has"};
  if (!out.empty()) run(kernels.stencil(), neighbourhood, padded, out, store);
  return done();
}

Status apply(const Kernels& kernels, const Neighbourhood& neighbourhood, const ConstView& array,
             const Rect& rect, const Edge& edge, View out, Store store) {
  const std::size_t halo = halo_of(neighbourhood);
  if (Status status = check_elements(neighbourhood, array, out); !status) return status;
  if (Status status = check_padding(array, rect, halo, edge); !status) return status;
  if (out.rows != rect.rows || out.cols != rect.cols)
    return Error{"the result of a stencil has to be the size of its tile",
                 "give it the tile's shape"};
  const Rect inner = interior(array, rect, halo);
  if (inner.rows == 0) return apply_strip(kernels, neighbourhood, array, rect, edge, out);

  const auto strip = [&](const Rect& part) {
    return apply_strip(kernels, neighbourhood, array, part, edge,
                       out.part(part.row - rect.row, part.col - rect.col, part.rows, part.cols));
  };
  const std::size_t bottom = inner.row + inner.rows;
  const std::size_t right = inner.col + inner.cols;
  const Rect strips[] = {
      {rect.row, rect.col, inner.row - rect.row, rect.cols},
      {inner.row, rect.col, inner.rows, inner.col - rect.col},
      {inner.row, right, inner.rows, rect.col + rect.cols - right},
      {bottom, rect.col, rect.row + rect.rows - bottom, rect.cols},
  };
  for (const Rect& part : strips)
    if (Status status = strip(part); !status) return status;
  return apply_padded(
      kernels, neighbourhood,
      array.part(inner.row - halo, inner.col - halo, inner.rows + 2 * halo, inner.cols + 2 * halo),
      out.part(inner.row - rect.row, inner.col - rect.col, inner.rows, inner.cols), store);
}

}  // namespace memqual::kernels

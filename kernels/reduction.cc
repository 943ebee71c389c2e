// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduction.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "kernels/half.h"
#include "kernels/random.h"

namespace memqual::kernels {
namespace {

// Units per call of the inner loop: their sums wait on the stack to be put into the tree.
constexpr std::size_t kUnitsAtOnce = 128;

// Columns [at.col, at.col + part_cols) of an array with `cols` of them.
Status check_columns(std::size_t part_cols, const Position& at, std::size_t cols) {
  const std::size_t end = at.col + part_cols;
  if (at.array_cols != cols || end > cols)
    return Error{"cannot reduce a part: it is not of the array that was announced",
                 "give the columns and the element that the sum was made for"};
  if (at.col % kSumUnit != 0 || (end % kSumUnit != 0 && end != cols))
    return Error{"cannot reduce columns " + std::to_string(at.col) + " to " + std::to_string(end) +
                     ": parts begin and end at multiples of " + std::to_string(kSumUnit) +
                     ", or with the row",
                 "round the width of the tiles"};
  return done();
}

// A rectangle that a sum or checksum of an array with `cols` columns may take in.
Status check_part(const ConstView& part, const Position& at, Element element, std::size_t cols) {
  const std::size_t size = element_size(element);
  if (part.element != element)
    return Error{"cannot reduce a part: it is not of the array that was announced",
                 "give the columns and the element that the sum was made for"};
  if (Status status = check_columns(part.cols, at, cols); !status) return status;
  if (reinterpret_cast<std::uintptr_t>(part.data) % size != 0 || part.stride % size != 0)
    return Error{"cannot reduce an array that is not aligned for its element", "align it"};
  return done();
}

double value_at(Element element, const std::byte* x, std::size_t i) {
  const auto get = [&](auto value) {
    std::memcpy(&value, x + i * sizeof value, sizeof value);
    return value;
  };
  switch (element) {
    case Element::float64:
      return get(0.0);
    case Element::float32:
      return static_cast<double>(get(0.0f));
    case Element::float16:
      return static_cast<double>(float_from_half(get(std::uint16_t{})));
    case Element::bfloat16:
      return static_cast<double>(float_from_bfloat(get(std::uint16_t{})));
    case Element::int32:
      return get(std::int32_t{});
    case Element::uint8:
      return get(std::uint8_t{});
  }
  return 0;
}

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

}  // namespace

Reduction::Reduction(const Kernels& kernels, Reduce what, Element element, std::size_t rows,
                     std::size_t cols)
    : kernels_(kernels),
      what_(what),
      element_(element),
      rows_(rows),
      cols_(cols),
      units_per_row_(ceil_div(cols, kSumUnit)),
      extremes_{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()} {
}

std::size_t Reduction::bytes_per_row(std::size_t cols) {
  // The rows of two bands of tiles are open, of the first one and of the last one, and are copied
  // when the next tile comes.
  const std::size_t nodes = 2 * static_cast<std::size_t>(std::bit_width(ceil_div(cols, kSumUnit)));
  return 2 * 2 * nodes * sizeof(Node);
}

// Two siblings become their parent, as often as it goes.
void Reduction::append(std::vector<Node>& nodes, Node node) {
  while (!nodes.empty()) {
    const Node& left = nodes.back();
    const bool siblings = left.level == node.level && (left.first >> left.level) % 2 == 0 &&
                          left.first + (std::uint64_t{1} << left.level) == node.first;
    if (!siblings) break;
    node = {left.first, left.level + 1, left.sum + node.sum};
    nodes.pop_back();
  }
  nodes.push_back(node);
}

void Reduction::merge_nodes(const std::vector<Node>& fresh) {
  if (nodes_.empty() || (!fresh.empty() && nodes_.back().first < fresh.front().first)) {
    for (const Node& node : fresh) append(nodes_, node);
    return;
  }
  std::vector<Node> both;
  both.reserve(nodes_.size() + fresh.size());
  auto a = nodes_.begin();
  auto b = fresh.begin();
  while (a != nodes_.end() || b != fresh.end()) {
    const bool take_a = b == fresh.end() || (a != nodes_.end() && a->first < b->first);
    append(both, take_a ? *a++ : *b++);
  }
  nodes_ = std::move(both);
}

void Reduction::reduce_run(const std::byte* x, std::size_t n, double* sums) {
  const ReduceOps& ops = kernels_.reduce();
  const ReducePerElement& run = what_ == Reduce::sum              ? ops.sum
                                : what_ == Reduce::sum_of_squares ? ops.sum_of_squares
                                                                  : ops.summary;
  switch (element_) {
    case Element::float64:
      return run.f64(reinterpret_cast<const double*>(x), n, sums, &extremes_);
    case Element::float32:
      return run.f32(reinterpret_cast<const float*>(x), n, sums, &extremes_);
    case Element::float16:
      return run.f16(reinterpret_cast<const std::uint16_t*>(x), n, sums, &extremes_);
    case Element::bfloat16:
      return run.bf16(reinterpret_cast<const std::uint16_t*>(x), n, sums, &extremes_);
    case Element::int32:
      return run.i32(reinterpret_cast<const std::int32_t*>(x), n, sums, &extremes_);
    case Element::uint8:
      return run.u8(reinterpret_cast<const std::uint8_t*>(x), n, sums, &extremes_);
  }
}

bool Reduction::has_nan(const std::byte* x, std::size_t n) const {
  for (std::size_t i = 0; i < n; ++i)
    if (std::isnan(value_at(element_, x, i))) return true;
  return false;
}

// What does not go into the tree as it is: integers, and whether a NaN was among the elements.
void Reduction::look_at_units(const std::byte* x, std::size_t n, const double* sums) {
  const std::size_t units = ceil_div(n, kSumUnit);
  if (!is_floating(element_)) {
    if (what_ == Reduce::sum_of_squares) return;
    for (std::size_t u = 0; u < units; ++u)
      integer_sum_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(sums[u]));
    return;
  }
  if (what_ != Reduce::summary || nan_) return;
  // A NaN always shows in its unit's sum, as two infinities may.
  for (std::size_t u = 0; u < units && !nan_; ++u) {
    const std::size_t from = u * kSumUnit;
    if (std::isnan(sums[u]))
      nan_ = has_nan(x + from * element_size(element_), std::min(kSumUnit, n - from));
  }
}

void Reduction::add_run(const std::byte* x, std::size_t n, std::uint64_t first_unit,
                        std::vector<Node>& fresh) {
  const std::size_t size = element_size(element_);
  double sums[kUnitsAtOnce];
  for (std::size_t i = 0; i < n; i += kUnitsAtOnce * kSumUnit) {
    const std::size_t count = std::min(n - i, kUnitsAtOnce * kSumUnit);
    reduce_run(x + i * size, count, sums);
    look_at_units(x + i * size, count, sums);
    const std::size_t units = ceil_div(count, kSumUnit);
    append_units(fresh, first_unit + i / kSumUnit, sums, units);
    units_seen_ += units;
  }
}

// The largest subtrees that the units make up are added up where they lie: that is the same tree,
// and much faster than one node after the other.
void Reduction::append_units(std::vector<Node>& nodes, std::uint64_t first, double* sums,
                             std::size_t units) {
  while (units != 0) {
    const auto aligned = static_cast<unsigned>(std::countr_zero(first));
    const unsigned level = std::min(aligned, static_cast<unsigned>(std::bit_width(units)) - 1);
    const std::size_t leaves = std::size_t{1} << level;
    for (std::size_t left = leaves / 2; left != 0; left /= 2)
      for (std::size_t k = 0; k < left; ++k) sums[k] = sums[2 * k] + sums[2 * k + 1];
    append(nodes, {first, level, sums[0]});
    first += leaves;
    sums += leaves;
    units -= leaves;
  }
}

Status Reduction::add(const ConstView& part, const Position& at) {
  if (Status status = check_part(part, at, element_, cols_); !status) return status;
  if (at.row + part.rows > rows_)
    return Error{"cannot reduce a part: it ends behind the last row of its array",
                 "check its position"};
  if (part.empty()) return done();
  std::vector<Node> fresh;
  const std::uint64_t first = at.row * units_per_row_ + at.col / kSumUnit;
  if (part.contiguous() && part.cols == cols_ && cols_ % kSumUnit == 0) {
    add_run(part.data, part.rows * part.cols, first, fresh);
  } else {
    for (std::size_t r = 0; r < part.rows; ++r)
      add_run(part.row(r), part.cols, first + r * units_per_row_, fresh);
  }
  merge_nodes(fresh);
  return done();
}

void Reduction::add_unit_run(const UnitResult* units, std::size_t count, std::uint64_t first_unit,
                             std::vector<Node>& fresh) {
  double sums[kUnitsAtOnce];
  for (std::size_t i = 0; i < count; i += kUnitsAtOnce) {
    const std::size_t some = std::min(count - i, kUnitsAtOnce);
    for (std::size_t u = 0; u < some; ++u) {
      const UnitResult& unit = units[i + u];
      sums[u] = unit.sum;
      if (!is_floating(element_) && what_ != Reduce::sum_of_squares)
        integer_sum_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(unit.sum));
      if (what_ != Reduce::summary) continue;
      nan_ = nan_ || std::isnan(unit.least);
      extremes_.least = std::min(extremes_.least, unit.least);
      extremes_.most = std::max(extremes_.most, unit.most);
    }
    append_units(fresh, first_unit + i, sums, some);
    units_seen_ += some;
  }
}

Status Reduction::add_units(const UnitResult* units, std::size_t rows, std::size_t cols,
                            const Position& at) {
  if (Status status = check_columns(cols, at, cols_); !status) return status;
  if (at.row + rows > rows_)
    return Error{"cannot reduce a part: it ends behind the last row of its array",
                 "check its position"};
  std::vector<Node> fresh;
  const std::uint64_t first = at.row * units_per_row_ + at.col / kSumUnit;
  const std::size_t in_row = ceil_div(cols, kSumUnit);
  if (cols == cols_) {
    add_unit_run(units, rows * in_row, first, fresh);
  } else {
    for (std::size_t r = 0; r < rows; ++r)
      add_unit_run(units + r * in_row, in_row, first + r * units_per_row_, fresh);
  }
  merge_nodes(fresh);
  return done();
}

void Reduction::merge(const Reduction& other) {
  merge_nodes(other.nodes_);
  units_seen_ += other.units_seen_;
  integer_sum_ += other.integer_sum_;
  nan_ = nan_ || other.nan_;
  extremes_.least = std::min(extremes_.least, other.extremes_.least);
  extremes_.most = std::max(extremes_.most, other.extremes_.most);
}

Result<ReductionResult> Reduction::result() const {
  const std::uint64_t units = rows_ * units_per_row_;
  if (units_seen_ != units)
    return Error{"the sum is not complete: " + std::to_string(units_seen_) + " of " +
                     std::to_string(units) + " units were added",
                 "add every part of the array once"};
  ReductionResult result;
  // The last subtrees may be incomplete: the small ones on the right are joined first.
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node)
    result.sum = node == nodes_.rbegin() ? node->sum : node->sum + result.sum;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (std::isnan(result.sum)) result.sum = nan;  // whose NaN it was depends on the order
  result.integer_sum = static_cast<std::int64_t>(integer_sum_);
  result.least = nan_ ? nan : extremes_.least + 0.0;
  result.most = nan_ ? nan : extremes_.most + 0.0;
  return result;
}

Checksum::Checksum(const Kernels& kernels, Element element, std::size_t cols)
    : kernels_(kernels),
      element_(element),
      cols_(cols),
      words_per_row_(ceil_div(cols * element_size(element), sizeof(std::uint64_t))) {}

Status Checksum::add(const ConstView& part, const Position& at) {
  if (Status status = check_part(part, at, element_, cols_); !status) return status;
  const std::size_t bytes = part.row_bytes();
  const std::size_t words = bytes / sizeof(std::uint64_t);
  const std::size_t rest = bytes % sizeof(std::uint64_t);
  const std::uint64_t first_col = at.col * element_size(element_) / sizeof(std::uint64_t);
  if (part.contiguous() && part.cols == cols_ && rest == 0) {
    sum_ += kernels_.reduce().checksum(part.data, part.rows * words, at.row * words_per_row_);
    return done();
  }
  for (std::size_t r = 0; r < part.rows; ++r) {
    const std::uint64_t first = (at.row + r) * words_per_row_ + first_col;
    sum_ += kernels_.reduce().checksum(part.row(r), words, first);
    if (rest == 0) continue;
    std::uint64_t last = 0;
    std::memcpy(&last, part.row(r) + words * sizeof last, rest);
    sum_ += checksum_word(last, first + words);
  }
  return done();
}

// One more mixing, so that small differences show in every digit.
std::uint64_t Checksum::result() const { return random_word(sum_, cols_); }

}  // namespace memqual::kernels

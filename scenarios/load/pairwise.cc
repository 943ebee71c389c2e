// SPDX-License-Identifier: Apache-2.0
// Each row starts from the first pair that is not covered yet and takes, axis by axis, the value
// that covers most new pairs with what the row has; the lowest value among equals. Excludes are
// avoided by going back; where no row holds the pair it is dropped.
#include <algorithm>

#include "scenarios/load/matrix.h"

namespace memqual {
namespace {

class Pairwise {
 public:
  Pairwise(const std::vector<std::size_t>& sizes, const std::vector<Cell>& excludes)
      : sizes_(sizes), excludes_(excludes) {
    std::size_t offset = 0;
    for (std::size_t a = 0; a < sizes.size(); ++a) {
      for (std::size_t b = a + 1; b < sizes.size(); ++b) {
        offsets_.push_back(offset);
        offset += sizes[a] * sizes[b];
      }
    }
    covered_.assign(offset, false);
  }

  std::vector<Cell> rows() {
    std::vector<Cell> out;
    for (std::size_t a = 0; a < sizes_.size(); ++a) {
      for (std::size_t b = a + 1; b < sizes_.size(); ++b) add_rows(a, b, out);
    }
    return out;
  }

 private:
  void add_rows(std::size_t a, std::size_t b, std::vector<Cell>& out) {
    for (std::uint32_t i = 0; i < sizes_[a]; ++i) {
      for (std::uint32_t j = 0; j < sizes_[b]; ++j) {
        if (covered_[index(a, i, b, j)]) continue;
        Cell row(sizes_.size(), kOpen);
        row[a] = i;
        row[b] = j;
        steps_ = 0;
        if (!is_excluded(row, excludes_) && complete(row, 0)) {
          cover(row);
          out.push_back(std::move(row));
        }
      }
    }
  }

  /// Position of a pair; `a` < `b`.
  std::size_t index(std::size_t a, std::uint32_t i, std::size_t b, std::uint32_t j) const {
    const std::size_t pair = a * sizes_.size() - a * (a + 1) / 2 + (b - a - 1);
    return offsets_[pair] + i * sizes_[b] + j;
  }

  std::size_t gain(const Cell& row, std::size_t axis, std::uint32_t value) const {
    std::size_t fresh = 0;
    for (std::size_t other = 0; other < row.size(); ++other) {
      if (other == axis || row[other] == kOpen) continue;
      const bool known = other < axis ? covered_[index(other, row[other], axis, value)]
                                      : covered_[index(axis, value, other, row[other])];
      if (!known) ++fresh;
    }
    return fresh;
  }

  bool complete(Cell& row, std::size_t axis) {
    if (axis == row.size()) return true;
    if (row[axis] != kOpen) return complete(row, axis + 1);
    std::vector<std::pair<std::size_t, std::uint32_t>> order;
    for (std::uint32_t value = 0; value < sizes_[axis]; ++value) {
      order.emplace_back(gain(row, axis, value), value);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& x, const auto& y) { return x.first > y.first; });
    for (const auto& [fresh, value] : order) {
      // Going back is rare; the bound is for excludes made to cost.
      if (++steps_ > 100000) break;
      row[axis] = value;
      if (!is_excluded(row, excludes_) && complete(row, axis + 1)) return true;
    }
    row[axis] = kOpen;
    return false;
  }

  void cover(const Cell& row) {
    for (std::size_t a = 0; a < row.size(); ++a) {
      for (std::size_t b = a + 1; b < row.size(); ++b) covered_[index(a, row[a], b, row[b])] = true;
    }
  }

  const std::vector<std::size_t>& sizes_;
  const std::vector<Cell>& excludes_;
  std::vector<std::size_t> offsets_;
  std::vector<bool> covered_;
  std::size_t steps_ = 0;
};

}  // namespace

bool is_excluded(const Cell& row, const std::vector<Cell>& excludes) {
  return std::any_of(excludes.begin(), excludes.end(), [&](const Cell& exclude) {
    for (std::size_t axis = 0; axis < row.size(); ++axis) {
      if (exclude[axis] != kOpen && exclude[axis] != row[axis]) return false;
    }
    return true;
  });
}

std::vector<Cell> pairwise_cells(const std::vector<std::size_t>& sizes,
                                 const std::vector<Cell>& excludes) {
  return Pairwise(sizes, excludes).rows();
}

}  // namespace memqual

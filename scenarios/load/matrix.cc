// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/matrix.h"

#include <algorithm>
#include <map>
#include <set>

#include "scenarios/load/table.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::size_t kMaxAxes = 32;
constexpr std::size_t kMaxValueText = 60;
constexpr std::uint64_t kMaxPairs = 1000000;

bool is_label(const std::string& text) {
  return !text.empty() && text.size() <= kMaxValueText &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
             "_.+-") == text.npos;
}

class Expander {
 public:
  Expander(const LoadLimits& limits, Findings& findings) : limits_(limits), findings_(findings) {}

  Matrix run(const Node& node, const std::vector<std::string>& variables) {
    if (const Node* axes = node.find("axes")) read_axes(*axes, variables);
    if (failed_ || matrix_.axes.empty()) return {};
    if (const Node* exclude = node.find("exclude")) read_excludes(*exclude);
    const Node* strategy = node.find("strategy");
    const bool pairwise = strategy != nullptr && strategy->text == "pairwise";
    if (failed_ || !(pairwise ? fill_pairwise(node) : fill_product(node))) return {};
    if (const Node* include = node.find("include")) read_includes(*include);
    if (matrix_.cells.empty() && !failed_) fail(node, "every cell of the matrix is excluded");
    if (failed_) return {};
    return std::move(matrix_);
  }

 private:
  void fail(const Node& node, const std::string& message) { fail(node.mark, message); }
  void fail(const Mark& mark, const std::string& message) {
    findings_.error(mark, message);
    failed_ = true;
  }

  void read_axes(const Node& axes, const std::vector<std::string>& variables) {
    if (axes.entries.size() > kMaxAxes) fail(axes, "the matrix has more than 32 axes");
    for (const Entry& entry : axes.entries) {
      if (find_fact(entry.key) != nullptr) {
        fail(entry.mark, "axis " + in_quotes(entry.key) +
                             " has the name of a host fact, so that expressions could mean either; "
                             "choose another name");
      }
      if (std::find(variables.begin(), variables.end(), entry.key) != variables.end()) {
        fail(entry.mark, "axis " + in_quotes(entry.key) +
                             " has the name of a variable of vars; choose another name");
      }
      Axis axis;
      axis.name = entry.key;
      for (const NodePtr& item : entry.value->items) add_value(axis, item);
      axis.product_size = axis.values.size();
      if (axis.values.empty()) failed_ = true;  // reported by check()
      matrix_.axes.push_back(std::move(axis));
    }
  }

  /// The readable text of an axis value; nothing where it needs a name.
  bool read_value(const NodePtr& item, AxisValue& out) {
    const Node* name = item->find("name");
    if (item->is_map() && item->entries.size() == 2 && name != nullptr &&
        item->find("value") != nullptr) {
      if (!name->is_scalar() || !is_label(name->text)) {
        fail(*name,
             "name of an axis value must be 1 to 60 of letters, digits, '_', '.', '+', '-', "
             "not " +
                 describe(*name));
        return false;
      }
      out = AxisValue{name->text, item->find_shared("value")};
      return true;
    }
    const bool readable = item->is_null() || (item->is_scalar() && !item->text.empty() &&
                                              item->text.size() <= kMaxValueText &&
                                              escape_text(item->text) == item->text);
    if (!readable) {
      fail(*item, "an axis value that is " +
                      std::string(item->is_scalar() ? "not a short plain text" : describe(*item)) +
                      " needs a name for the case's id; write {name: LABEL, value: ...}");
      return false;
    }
    out = AxisValue{item->is_null() ? "default" : item->text, item};
    return true;
  }

  void add_value(Axis& axis, const NodePtr& item) {
    AxisValue value;
    if (!read_value(item, value)) return;
    if (find_value(axis, value.text) != kOpen) {
      fail(*item, "axis " + in_quotes(axis.name) + " has the value " + in_quotes(value.text) +
                      " twice; remove one");
      return;
    }
    axis.values.push_back(std::move(value));
  }

  static std::uint32_t find_value(const Axis& axis, const std::string& text) {
    for (std::size_t i = 0; i < axis.values.size(); ++i) {
      if (axis.values[i].text == text) return static_cast<std::uint32_t>(i);
    }
    return kOpen;
  }

  std::size_t find_axis(const Entry& entry) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < matrix_.axes.size(); ++i) {
      if (matrix_.axes[i].name == entry.key) return i;
      names.push_back(matrix_.axes[i].name);
    }
    fail(entry.mark, "the matrix has no axis " + in_quotes(entry.key, 60) +
                         did_you_mean(entry.key, names) + " (axes: " + join_or(names) + ")");
    return names.size();
  }

  void read_excludes(const Node& list) {
    for (const NodePtr& item : list.items) {
      Cell exclude(matrix_.axes.size(), kOpen);
      for (const Entry& entry : item->entries) {
        const std::size_t axis = find_axis(entry);
        if (axis == matrix_.axes.size()) continue;
        const std::string text = entry.value->is_null() ? "default" : entry.value->text;
        exclude[axis] = find_value(matrix_.axes[axis], text);
        if (exclude[axis] != kOpen) continue;
        std::vector<std::string> values;
        for (const AxisValue& value : matrix_.axes[axis].values) values.push_back(value.text);
        fail(*entry.value, "this exclude matches nothing: axis " + in_quotes(entry.key) +
                               " has no value " + in_quotes(text, 60) + did_you_mean(text, values));
      }
      if (item->entries.empty()) fail(*item, "this exclude names no axis, so it would match all");
      excludes_.push_back(std::move(exclude));
    }
  }

  void too_many(const Node& node, std::uint64_t count) {
    fail(node, "the matrix has " + std::to_string(count) + " cells or more; it may have " +
                   std::to_string(limits_.cells) +
                   " (limit: cells); shorten the axes or write strategy: pairwise");
  }

  bool fill_product(const Node& node) {
    std::uint64_t count = 1;
    for (const Axis& axis : matrix_.axes) {
      count *= axis.values.size();
      if (count > limits_.cells) {
        too_many(node, count);
        return false;
      }
    }
    Cell cell(matrix_.axes.size(), 0);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t rest = i;
      for (std::size_t axis = cell.size(); axis-- > 0;) {
        cell[axis] = static_cast<std::uint32_t>(rest % matrix_.axes[axis].values.size());
        rest /= matrix_.axes[axis].values.size();
      }
      if (!is_excluded(cell, excludes_)) matrix_.cells.push_back(cell);
    }
    return true;
  }

  bool fill_pairwise(const Node& node) {
    std::vector<std::size_t> sizes;
    for (const Axis& axis : matrix_.axes) sizes.push_back(axis.values.size());
    if (sizes.size() < 2) return fill_product(node);
    std::uint64_t pairs = 0;
    std::uint64_t most = 0;
    for (std::size_t a = 0; a < sizes.size(); ++a) {
      for (std::size_t b = a + 1; b < sizes.size(); ++b) {
        pairs += std::uint64_t{sizes[a]} * sizes[b];
        most = std::max(most, std::uint64_t{sizes[a]} * sizes[b]);
      }
    }
    // Each row covers one pair of the two longest axes, so that their product is the least.
    if (most > limits_.cells || pairs > kMaxPairs) {
      too_many(node, most);
      return false;
    }
    matrix_.cells = pairwise_cells(sizes, excludes_);
    return true;
  }

  void read_includes(const Node& list) {
    std::set<Cell> seen(matrix_.cells.begin(), matrix_.cells.end());
    for (const NodePtr& item : list.items) {
      Cell cell(matrix_.axes.size(), kOpen);
      for (const Entry& entry : item->entries) {
        const std::size_t axis = find_axis(entry);
        if (axis < matrix_.axes.size()) cell[axis] = include_value(matrix_.axes[axis], entry.value);
      }
      for (std::size_t axis = 0; axis < cell.size(); ++axis) {
        if (cell[axis] != kOpen || failed_) continue;
        fail(*item, "this include does not name the axis " + in_quotes(matrix_.axes[axis].name) +
                        "; an include names all axes");
      }
      if (failed_) continue;
      if (!seen.insert(cell).second) {
        fail(*item, "this include is a cell of the matrix already; remove it");
        continue;
      }
      matrix_.cells.push_back(std::move(cell));
    }
    if (matrix_.cells.size() > limits_.cells) too_many(list, matrix_.cells.size());
  }

  /// A value of the axis where there is one of that text, else a new one.
  std::uint32_t include_value(Axis& axis, const NodePtr& item) {
    AxisValue value;
    if (!read_value(item, value)) return kOpen;
    const std::uint32_t known = find_value(axis, value.text);
    if (known != kOpen) return known;
    axis.values.push_back(std::move(value));
    return static_cast<std::uint32_t>(axis.values.size() - 1);
  }

  const LoadLimits& limits_;
  Findings& findings_;
  Matrix matrix_;
  std::vector<Cell> excludes_;
  bool failed_ = false;
};

/// The keys of `matrix`; decoding is Expander's.
const Table<Nothing>& matrix_table() {
  static const Table<Nothing> table = [] {
    auto axes =
        std::make_shared<Shape>(*free_map_shape(list_shape(literal(any_shape()), 1), "axis name"));
    axes->min_items = 1;
    const ShapePtr cell = free_map_shape(literal(any_shape()), "axis name");
    return Table<Nothing>{{
        {"axes", ShapePtr(axes), Required::whole,
         "lists of values; a value is a scalar, or {name: LABEL, value: ...}", nullptr},
        {"exclude", list_shape(cell, 1), Required::no, "cells to leave out, by some of their axes",
         nullptr},
        {"include", list_shape(cell, 1), Required::no, "cells to add; each names all axes",
         nullptr},
        {"strategy", word_shape({"full", "pairwise"}), Required::no,
         "full: every combination; pairwise: every pair of values meets once", nullptr},
    }};
  }();
  return table;
}

}  // namespace

ShapePtr matrix_shape() {
  static const ShapePtr shape = matrix_table().shape();
  return shape;
}

Matrix expand_matrix(const Node* matrix, const std::vector<std::string>& variables,
                     const LoadLimits& limits, Findings& findings) {
  if (matrix == nullptr) {
    Matrix single;
    single.cells.emplace_back();
    return single;
  }
  return Expander(limits, findings).run(*matrix, variables);
}

}  // namespace memqual

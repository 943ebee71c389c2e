// SPDX-License-Identifier: Apache-2.0
// The key table: one list per kind of map, from which come the check, the JSON Schema and the
// decoding.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/load/node.h"
#include "scenarios/load/shape.h"
#include "scenarios/model/case.h"

namespace memqual {

/// What decoders need beside their node. The node has passed check() before, so that a decoder only
/// reports what a Shape cannot say.
struct DecodeContext {
  Findings& findings;
  ExprLookup names;  ///< dummies of every fact and the axes of this cell, for checking expressions
  /// Case::origins of the case under construction; nullptr where they are not wanted.
  std::vector<std::pair<std::string, Origin>>* origins = nullptr;
};

template <class T>
struct Field {
  std::string key;
  ShapePtr shape;
  Required required = Required::no;
  std::string doc;
  /// Stores the value into T; empty for keys that are read before (extends, matrix).
  std::function<void(const Node&, T&, DecodeContext&)> decode;
};

template <class T>
struct Table {
  std::vector<Field<T>> fields;

  std::shared_ptr<Shape> shape() const {
    auto map = std::make_shared<Shape>();
    map->kind = Shape::Kind::map;
    map->what = "a map";
    for (const Field<T>& field : fields) {
      map->keys.push_back(KeyShape{field.key, field.doc, field.required, field.shape});
    }
    return map;
  }

  /// In the order of the table, not of the file, so that what depends on order is the same always.
  void decode(const Node& node, T& out, DecodeContext& context) const {
    for (const Field<T>& field : fields) {
      const Node* value = node.find(field.key);
      if (value != nullptr && field.decode) field.decode(*value, out, context);
    }
  }
};

// The decoders of leaves. The node has passed the check of the shape of the same name.
Size decode_size(const Node& node);
std::uint64_t decode_count(const Node& node);
std::string decode_text(const Node& node);
/// Parses and tries the expression on dummies of the right types.
Expression decode_expression(const Node& node, DecodeContext& context);

/// Shape and decoder of each part of a scenario.
ShapePtr environment_shape();
void decode_environment(const Node& node, Environment& out, DecodeContext& context);
ShapePtr workload_shape();
void decode_workload(const Node& node, std::vector<WorkloadStep>& out, DecodeContext& context);
/// A `kernel:` step, its memory arrays not bound yet.
ShapePtr kernel_shape();
Kernel decode_kernel(const Node& node, DecodeContext& context);
/// Gives the kernel steps of a workload the shapes of the arrays that were allocated before them,
/// and says where an operation and its arrays do not fit.
void bind_kernels(const Node& node, std::vector<WorkloadStep>& workload, Findings& findings);
ShapePtr expect_shape();
void decode_expect(const Node& node, Expectation& out, DecodeContext& context);
ShapePtr xfail_shape();
void decode_xfail(const Node& node, ExpectedFailure& out, DecodeContext& context);

/// Names that steps use must have been allocated, written, ... by the steps before.
void check_workload_names(const Node& workload, Findings& findings);
/// What `expect` says must fit the workload: `at` names a step, `errno` needs a refusal.
void check_expectation(const Node& expect, const Case& test_case, Findings& findings);

}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/load/node.h"

namespace memqual {

/// What "${name}" stands for. A later entry wins over an earlier one.
struct Scope {
  std::vector<std::pair<std::string, NodePtr>> values;

  NodePtr find(const std::string& name) const;
  void set(const std::string& name, NodePtr value);
  std::vector<std::string> names() const;
};

/// `node` with every "${name}" replaced: a scalar that is nothing else by the value itself, a map
/// or list too; inside longer text by the value's text. "$${" is a plain "${". Values are not
/// searched for further references. What has none is the same node as before, not a copy.
/// `text_budget` bounds the text made here, in bytes; it is counted down.
NodePtr substitute(const NodePtr& node, const Scope& scope, std::uint64_t& text_budget,
                   Findings& findings);

}  // namespace memqual

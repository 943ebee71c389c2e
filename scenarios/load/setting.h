// SPDX-License-Identifier: Apache-2.0
// What the decoders of all settings in `environment` have in common.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "scenarios/load/table.h"

namespace memqual {

/// A leaf: nothing is decoded for `default`, and the place where it was written is kept.
template <class T, class Store>
std::function<void(const Node&, T&, DecodeContext&)> setting(std::string path, Store store) {
  return [path = std::move(path), store](const Node& node, T& out, DecodeContext& context) {
    if (is_default(node)) return;
    if (context.origins != nullptr) {
      context.origins->emplace_back("environment." + path, to_origin(node.mark));
    }
    store(node, out);
  };
}

}  // namespace memqual

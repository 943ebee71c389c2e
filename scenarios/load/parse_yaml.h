// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "scenarios/load/load.h"
#include "scenarios/load/node.h"

namespace memqual {

/// One YAML document as a tree; nullptr where there is none, with the reasons in `findings`. Keys
/// that are refused (written twice, merge keys) are left out and the rest is still a tree.
/// Errors: more than the limits say, bytes that are no text, YAML that does not parse, duplicate
/// keys, keys that are no plain text, merge keys, tags, more than one document, no document at all.
NodePtr parse_yaml(const std::string& text, const std::string& file, const LoadLimits& limits,
                   Findings& findings);

}  // namespace memqual

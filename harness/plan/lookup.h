// SPDX-License-Identifier: Apache-2.0
// What names in expressions mean for one case on one host.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/expression.h"
#include "scenarios/model/host_facts.h"

namespace memqual {

/// Matrix parameters first, then host facts; tag(), name(), scenario(), program(), python_module().
/// Both arguments must outlive the lookup.
ExprLookup host_and_case_lookup(const Case& test_case, const HostFacts& facts);

/// Programs and Python modules that the cases' expressions ask for.
struct SoftwareQuestions {
  std::set<std::string> programs;
  std::set<std::string> python_modules;
};
SoftwareQuestions software_questions(const std::vector<Case>& cases);

}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/expression.h"
#include "scenarios/model/result.h"

namespace memqual {

/// Which cases to run. All parts must hold; within a part any entry may hold.
struct Selection {
  std::vector<std::string>
      names;  ///< case id, hash (at least 4 digits of it), scenario name or glob (* ?)
  std::vector<std::string> tags;          ///< any of these
  std::vector<std::string> without_tags;  ///< none of these
  std::optional<Expression> expression;   ///< over tag(), name(), parameters
};

/// The selected cases in their order. Errors: a name that matches no case (with "did you mean"), an
/// expression that cannot be evaluated.
Result<std::vector<Case>> select_cases(const std::vector<Case>& cases, const Selection& selection);

/// A matrix parameter as expressions see it: true or false, a number (a size in bytes), or a text.
ExprValue parameter_value(const std::string& text);

/// What `tag(x)`, `name(/x/)`, `scenario(x)` and matrix parameters mean for one case, which must
/// live as long as the result.
ExprLookup case_lookup(const Case& test_case);

}  // namespace memqual

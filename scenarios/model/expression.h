// SPDX-License-Identifier: Apache-2.0
// The one small expression language of `when:`, `requires:`, `xfail:` and the command line's -E.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual {

/// Grammar, loosest first:
///   OR    = AND ('|' AND)*            AND = NOT ('&' NOT)*          NOT = '!' NOT | COMPARE
///   COMPARE = VALUE (('=='|'!='|'<'|'<='|'>'|'>=') VALUE)?
///   VALUE = SIZE | NUMBER | 'text' | true | false | NAME | NAME '(' ARGS ')' | '(' OR ')'
/// `/regular expression/` is an argument of name(). A NAME alone is a host fact or a matrix
/// parameter; a name that is neither is a plain word, so `mode == never` needs no quotes.
struct Expression {
  struct Node;
  std::string text;  ///< as written
  std::shared_ptr<const Node>
      root;  ///< shared: a Case is copied freely, an expression never changes
  bool operator==(const Expression& other) const { return text == other.text; }
};

/// Numbers are bytes or counts. monostate: the host does not know.
using ExprValue = std::variant<std::monostate, bool, double, std::string>;

/// What names and calls mean at the place of use. `known` false: not a name here.
struct ExprLookup {
  /// Value of a bare name; nullopt-like empty function result means "not a name": return false.
  std::function<bool(const std::string& name, ExprValue& out)> name;
  /// Value of name(argument). Return false for an unknown function.
  std::function<bool(const std::string& function, const std::string& argument, ExprValue& out)>
      call;
};

/// Errors name the column inside `text`. At most 4096 characters and 64 levels of nesting.
Result<Expression> parse_expression(std::string_view text);

/// The truth of an expression. Errors: a comparison of unlike types, an unknown function, a bare
/// word where a truth value is needed (with "did you mean"). An unknown host value makes the
/// expression false and is named in `unknown` if given.
Result<bool> evaluate(const Expression& expression, const ExprLookup& lookup,
                      std::string* unknown = nullptr);

/// Every call in the expression, as (function, argument): what has to be asked of the host before.
std::vector<std::pair<std::string, std::string>> calls_of(const Expression& expression);

}  // namespace memqual

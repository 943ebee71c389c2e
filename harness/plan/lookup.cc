// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/lookup.h"

#include "scenarios/load/select.h"

namespace memqual {
namespace {

ExprValue to_expression_value(const FactValue& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  return std::monostate{};
}

bool software_value(const std::map<std::string, bool>& known, const std::string& name,
                    ExprValue& out) {
  const auto found = known.find(name);
  if (found == known.end())
    out = std::monostate{};
  else
    out = found->second;
  return true;
}

}  // namespace

ExprLookup host_and_case_lookup(const Case& test_case, const HostFacts& facts) {
  ExprLookup of_case = case_lookup(test_case);
  ExprLookup lookup;
  lookup.name = [of_case, &facts](const std::string& name, ExprValue& out) {
    if (of_case.name(name, out)) return true;
    const FactField* field = find_fact(name);
    if (field == nullptr) return false;
    out = to_expression_value(fact_value(facts, *field));
    return true;
  };
  lookup.call = [of_case, &facts](const std::string& function, const std::string& argument,
                                  ExprValue& out) {
    if (function == "program") return software_value(facts.programs, argument, out);
    if (function == "python_module") return software_value(facts.python_modules, argument, out);
    return of_case.call(function, argument, out);
  };
  return lookup;
}

SoftwareQuestions software_questions(const std::vector<Case>& cases) {
  SoftwareQuestions questions;
  const auto ask = [&questions](const Expression& expression) {
    for (const auto& [function, argument] : calls_of(expression)) {
      if (function == "program") questions.programs.insert(argument);
      if (function == "python_module") questions.python_modules.insert(argument);
    }
  };
  for (const Case& test_case : cases) {
    for (const Expression& expression : test_case.requires_) ask(expression);
    if (test_case.when) ask(*test_case.when);
    if (test_case.xfail && test_case.xfail->when) ask(*test_case.xfail->when);
    for (const OutcomeRule& rule : test_case.expect.rules)
      if (rule.when) ask(*rule.when);
  }
  return questions;
}

}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/select.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>

#include "scenarios/load/glob.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::size_t kLeastHashDigits = 4;

bool is_hex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool matches_name(const Case& test_case, const std::string& name) {
  if (test_case.id == name || test_case.scenario == name || display_name(test_case) == name) {
    return true;
  }
  if (name.size() >= kLeastHashDigits && name.size() <= 8 && is_hex(name) &&
      test_case.hash.rfind(name, 0) == 0) {
    return true;
  }
  return has_glob(name) && (glob_match(name, test_case.scenario) || glob_match(name, test_case.id));
}

bool has_tag(const Case& test_case, const std::vector<std::string>& tags) {
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    return std::find(test_case.tags.begin(), test_case.tags.end(), tag) != test_case.tags.end();
  });
}

/// The expression between slashes; nothing where there are none or it does not compile.
std::optional<std::regex> regex_of(const std::string& argument) {
  if (argument.size() < 2 || argument.front() != '/' || argument.back() != '/') return {};
  try {
    return std::regex(argument.substr(1, argument.size() - 2));
  } catch (const std::regex_error&) {
    return {};
  }
}

/// `/thp/` is searched for; without slashes the whole text must match, '*' and '?' as in a glob.
bool text_matches(const std::string& text, const std::string& argument) {
  if (argument.front() != '/') return glob_match(argument, text);
  const auto regex = regex_of(argument);
  return regex && std::regex_search(text, *regex);
}

/// std::regex has no way to fail but to throw, so what does not compile is found before.
Status check_regexes(const Expression& expression) {
  for (const auto& [function, argument] : calls_of(expression)) {
    const bool takes_regex = function == "name" || function == "scenario";
    if (takes_regex && argument.front() == '/' && !regex_of(argument)) {
      return Error{"expression " + in_quotes(expression.text, 80) + ": " + in_quotes(argument, 80) +
                       " is not a regular expression",
                   "write it between slashes, with \\ before a special character"};
    }
  }
  return done();
}

Error unknown_name(const std::vector<Case>& cases, const std::string& name) {
  std::vector<std::string> known;
  for (const Case& test_case : cases) {
    if (known.empty() || known.back() != test_case.scenario) known.push_back(test_case.scenario);
  }
  return Error{"no case has the id, hash, scenario or pattern " + in_quotes(name) +
                   did_you_mean(name, known),
               "`memqual list` shows all cases"};
}

}  // namespace

ExprValue parameter_value(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc() && result.ptr == text.data() + text.size() &&
      text.find_first_not_of("0123456789.-+eE") == text.npos) {
    return number;
  }
  const auto size = parse_size(text);
  if (size.ok() && size->is_literal()) return static_cast<double>(literal_bytes(*size));
  return text;
}

ExprLookup case_lookup(const Case& test_case) {
  ExprLookup lookup;
  lookup.name = [&test_case](const std::string& name, ExprValue& out) {
    for (const Parameter& parameter : test_case.parameters) {
      if (parameter.name != name) continue;
      out = parameter_value(parameter.value);
      return true;
    }
    return false;
  };
  lookup.call = [&test_case](const std::string& function, const std::string& argument,
                             ExprValue& out) {
    if (function == "tag") {
      out = has_tag(test_case, {argument});
    } else if (function == "name") {
      out = text_matches(test_case.id, argument);
    } else if (function == "scenario") {
      out = text_matches(test_case.scenario, argument);
    } else {
      return false;
    }
    return true;
  };
  return lookup;
}

Result<std::vector<Case>> select_cases(const std::vector<Case>& cases, const Selection& selection) {
  if (selection.expression) {
    const Status usable = check_regexes(*selection.expression);
    if (!usable.ok()) return usable.error();
  }
  std::vector<bool> name_used(selection.names.size(), false);
  std::vector<Case> selected;
  for (const Case& test_case : cases) {
    bool wanted = selection.names.empty();
    for (std::size_t i = 0; i < selection.names.size(); ++i) {
      if (!matches_name(test_case, selection.names[i])) continue;
      name_used[i] = true;
      wanted = true;
    }
    wanted = wanted && (selection.tags.empty() || has_tag(test_case, selection.tags)) &&
             !has_tag(test_case, selection.without_tags);
    if (!wanted) continue;
    if (selection.expression) {
      const auto holds = evaluate(*selection.expression, case_lookup(test_case));
      if (!holds.ok()) {
        return Error{holds.error().message + ", for case " + test_case.id, holds.error().hint};
      }
      if (!*holds) continue;
    }
    selected.push_back(test_case);
  }
  for (std::size_t i = 0; i < name_used.size(); ++i) {
    if (!name_used[i]) return unknown_name(cases, selection.names[i]);
  }
  return selected;
}

}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/place_on.h"

#include <algorithm>
#include <map>

namespace memqual {
namespace {

Case placed(Case test_case, const std::string& machine) {
  const auto taken = [&](const std::string& name) {
    return std::any_of(test_case.parameters.begin(), test_case.parameters.end(),
                       [&](const Parameter& parameter) { return parameter.name == name; });
  };
  test_case.environment.machine = machine;
  test_case.parameters.push_back({taken("machine") ? "on_machine" : "machine", machine});
  set_identity(test_case);
  return test_case;
}

}  // namespace

Result<std::vector<MachineWord>> parse_on(const std::string& text) {
  const Error usage{"--on " + text + ": not a place to run", "write lab, or lab:MACHINE,MACHINE"};
  if (text == "lab") return std::vector<MachineWord>();
  if (text.rfind("lab:", 0) != 0) return usage;
  std::vector<MachineWord> words;
  for (std::size_t begin = 4; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    Result<MachineWord> word = parse_machine_word(text.substr(begin, end - begin));
    if (!word) return Error{"--on " + text + ": " + word.error().message, word.error().hint};
    words.push_back(*std::move(word));
    begin = end + 1;
  }
  return words;
}

std::vector<Case> place_on(const std::vector<Case>& cases, const std::vector<MachineWord>& words) {
  std::vector<Case> all;
  for (const MachineWord& word : words)
    for (const Case& test_case : cases)
      if (!test_case.environment.machine) all.push_back(placed(test_case, to_string(word)));
  for (const Case& test_case : cases)
    if (test_case.environment.machine || words.empty()) all.push_back(test_case);
  // A machine comes where its first case comes.
  std::map<std::string, std::size_t> order;
  for (const Case& test_case : all)
    order.emplace(test_case.environment.machine.value_or(""), order.size());
  std::stable_sort(all.begin(), all.end(), [&](const Case& a, const Case& b) {
    return order[a.environment.machine.value_or("")] < order[b.environment.machine.value_or("")];
  });
  return all;
}

}  // namespace memqual

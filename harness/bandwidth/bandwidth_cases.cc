// SPDX-License-Identifier: Apache-2.0
#include "harness/bandwidth/bandwidth_cases.h"

#include <algorithm>
#include <utility>

#include "scenarios/model/bandwidth_table.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

// Minutes, because a machine with many CPUs has many rows.
constexpr std::uint64_t kTimeoutMs = 30 * 60 * 1000;
constexpr std::uint32_t kMostThreads = 1024;

template <class E>
Result<E> word_of(const char* option, const std::string& word) {
  if (const auto value = from_word<E>(word)) return *value;
  const std::vector<std::string> words = words_of<E>();
  return Error{
      std::string(option) + " " + in_quotes(word) + " is unknown" + did_you_mean(word, words),
      "use " + join_or(words)};
}

// 1, 2, 4 ... and all of them.
std::vector<std::uint32_t> doubling(std::uint32_t cpus) {
  std::vector<std::uint32_t> threads;
  for (std::uint32_t count = 1; count < cpus; count *= 2) threads.push_back(count);
  threads.push_back(std::clamp(cpus, std::uint32_t{1}, kMostThreads));
  return threads;
}

Result<std::vector<BandwidthOperation>> operations_of(const std::vector<std::string>& words) {
  std::vector<BandwidthOperation> operations;
  for (const std::string& word : words.empty() ? words_of<BandwidthOperation>() : words) {
    const Result<BandwidthOperation> operation = word_of<BandwidthOperation>("--operations", word);
    if (!operation) return operation.error();
    if (std::find(operations.begin(), operations.end(), *operation) == operations.end())
      operations.push_back(*operation);
  }
  return operations;
}

Result<Bandwidth> step_of(const BandwidthQuestion& question, std::uint32_t cpus) {
  Bandwidth step;
  Result<std::vector<BandwidthOperation>> operations = operations_of(question.operations);
  if (!operations) return operations.error();
  step.operations = *std::move(operations);
  Result<Size> size = parse_size(question.size);
  if (!size)
    return Error{"--size " + in_quotes(question.size) + ": " + size.error().message,
                 size.error().hint};
  if (size->is_literal() && literal_bytes(*size) == 0)
    return Error{"--size " + in_quotes(question.size) + " is nothing", "write 256MiB"};
  step.size = *std::move(size);
  step.threads = question.threads.empty() ? doubling(cpus) : question.threads;
  for (const std::uint32_t threads : step.threads)
    if (threads == 0 || threads > kMostThreads)
      return Error{"--threads " + std::to_string(threads) + " is out of range",
                   "use 1 to " + std::to_string(kMostThreads)};
  if (question.rounds == 0 || question.rounds > 1000)
    return Error{"--rounds " + std::to_string(question.rounds) + " is out of range",
                 "use 1 to 1000"};
  step.rounds = question.rounds;
  const Result<PageChoice> pages = word_of<PageChoice>("--pages", question.pages);
  if (!pages) return pages.error();
  step.pages = *pages;
  return step;
}

Case case_of(const Bandwidth& step, std::vector<Parameter> place) {
  Case made;
  made.scenario = "bandwidth";
  made.summary = "How fast this machine moves memory";
  made.parameters = std::move(place);
  made.expect.rules.push_back({std::nullopt, {{OutcomeKind::completed, {}}}, false});
  made.workload = {{step, ""}};
  made.timeout_ms = kTimeoutMs;
  set_identity(made);
  return made;
}

}  // namespace

Result<std::vector<Case>> bandwidth_cases(const BandwidthQuestion& question, std::uint32_t cpus,
                                          const std::vector<NumaNodeFacts>& nodes) {
  const Result<Bandwidth> whole = step_of(question, cpus);
  if (!whole) return whole.error();
  std::vector<Case> cases{case_of(*whole, {})};
  for (const NumaNodeFacts& near : nodes)
    for (const NumaNodeFacts& far : nodes) {
      const std::vector<std::uint32_t> near_cpus = cpus_of_list(near.cpus);
      if (nodes.size() < 2 || near_cpus.empty() || far.memory_bytes == 0) continue;
      Result<Bandwidth> step = step_of(question, static_cast<std::uint32_t>(near_cpus.size()));
      if (!step) return step.error();
      step->cpus = near_cpus;
      step->memory_node = far.id;
      cases.push_back(case_of(*step, {{kCpuNodeParameter, std::to_string(near.id)},
                                      {kMemoryNodeParameter, std::to_string(far.id)}}));
    }
  return cases;
}

}  // namespace memqual

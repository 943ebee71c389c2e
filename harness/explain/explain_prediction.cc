// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/explain_prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "harness/explain/changes.h"
#include "harness/explain/explain.h"
#include "harness/plan/child_program.h"
#include "harness/plan/situation.h"
#include "reports/load_line_words.h"
#include "scenarios/model/run_record.h"

namespace memqual {
namespace {

using Out = std::string;

template <class... Args>
void put(Out& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// "328.6 GiB" and "352800000000 B"; a count has the first column only.
void put_arithmetic(Out& out, const std::vector<Quantity>& arithmetic) {
  std::size_t widest = 0;
  for (const Quantity& quantity : arithmetic) widest = std::max(widest, quantity.name.size());
  for (const Quantity& quantity : arithmetic)
    put(out, "    {:<{}}  {:>10}  {:>17}  {}\n", quantity.name, widest,
        quantity.is_count ? std::to_string(quantity.value) : format_bytes(quantity.value),
        quantity.is_count ? "" : std::to_string(quantity.value) + " B", quantity.source);
}

void put_load_lines(Out& out, const Prediction& prediction) {
  for (const LoadLine& line : prediction.load_lines) {
    const bool touches = line.rule == LimitingRule::cgroup_memory;
    put(out, "  {:<11} step {}: {} = {}\n", touches ? "touched" : "largest", line.step + 1,
        line_words(line), line.formula);
    put(out, "              {}\n", line.sentence);
    put_arithmetic(out, line.arithmetic);
    if (!line.citation.empty()) put(out, "  rule        {}\n", line.citation);
  }
}

void put_prediction(Out& out, const char* label, const Prediction& prediction) {
  put(out, "  {:<11} {}\n", label, prediction.sentence);
  put_arithmetic(out, prediction.arithmetic);
  const auto is_faked = [](const Quantity& quantity) {
    return quantity.source.find("faked") != std::string::npos;
  };
  if (std::any_of(prediction.arithmetic.begin(), prediction.arithmetic.end(), is_faked))
    out += "  uncertain   the container fakes a figure above; the kernel decides by the host's\n";
  if (!prediction.citation.empty()) put(out, "  rule        {}\n", prediction.citation);
  const bool may_refuse =
      std::count(prediction.allowed.begin(), prediction.allowed.end(), OutcomeKind::refused) > 0;
  if (may_refuse && !shown_by(prediction.rule).empty())
    put(out, "  shown by    {}\n", shown_by(prediction.rule));
  if (prediction.allowed.size() > 1) {
    std::vector<OutcomePattern> any_of;
    for (const OutcomeKind kind : prediction.allowed) any_of.push_back({kind, std::nullopt});
    put(out, "  uncertain   {}\n", to_string(any_of));
  }
  put_load_lines(out, prediction);
  for (const std::string& what : prediction.not_modelled)
    put(out, "  left out    {}: not modelled, so this is uncertain\n", what);
}

void put_changes(Out& out, const std::vector<Change>& changes) {
  if (changes.empty()) return;
  std::size_t widest = 0;
  for (const Change& change : changes) widest = std::max(widest, change.what.size());
  out += "  completes for certain with one of\n";
  for (const Change& change : changes)
    put(out, "    {:<{}}  {}\n", change.what, widest, change.cost);
}

// The same workload with every allocation used, where nothing but allocations was asked about.
std::vector<WorkloadStep> all_used(const std::vector<WorkloadStep>& workload) {
  std::vector<WorkloadStep> used = workload;
  for (const WorkloadStep& step : workload) {
    const auto* allocate = std::get_if<Allocate>(&step.action);
    if (allocate == nullptr || allocate->touched || allocate->using_ == AllocateUsing::mmap_none ||
        allocate->using_ == AllocateUsing::mmap_readonly)
      return {};
    used.push_back({Touch{allocate->name}, ""});
  }
  return used;
}

// How far the answer "completes" reaches.
void put_largest(Out& out, const oracle::Situation& situation,
                 const std::vector<WorkloadStep>& workload) {
  if (const auto bytes = largest_that_completes(situation, workload))
    put(out, "    so would any size up to {} ({} B)\n", format_bytes(*bytes), *bytes);
}

void put_when_used(Out& out, const oracle::Situation& situation,
                   const std::vector<WorkloadStep>& workload) {
  const std::vector<WorkloadStep> used = all_used(workload);
  if (used.empty() || !surely_completes(situation, workload)) return;
  const Prediction prediction = oracle::predict(situation, used);
  put_prediction(out, "when used", prediction);
  put_largest(out, situation, used);
  put_changes(out, smallest_changes(situation, used));
}

// As the executor places a case: "unprivileged" and any other user have no capabilities.
ChildPlacement placement_of(const Case& test_case) {
  ChildPlacement placement;
  constexpr std::uint32_t kNobody = 65534;
  const auto& user = test_case.environment.user;
  if (user && *user != "root") placement.uid = placement.gid = kNobody;
  return placement;
}

}  // namespace

Result<Prediction> predict_case(const Case& test_case, const HostFacts& facts) {
  const HostFacts changed = with_settings(facts, test_case.environment);
  const Result<ChildProgram> program =
      make_child_program(test_case, changed, placement_of(test_case));
  if (!program) return program.error();
  const Result<oracle::Situation> situation = make_situation(test_case, changed, *program);
  if (!situation) return situation.error();
  return oracle::predict(*situation, program->workload);
}

std::string explain_prediction(const Case& test_case, const HostFacts& facts) {
  const HostFacts changed = with_settings(facts, test_case.environment);
  Out out;
  const auto no_prediction = [&out](const Error& error) {
    put(out, "  predicted   nothing: {}\n", to_string(error));
    return out;
  };
  const Result<ChildProgram> program =
      make_child_program(test_case, changed, placement_of(test_case));
  if (!program) return no_prediction(program.error());
  const Result<oracle::Situation> situation = make_situation(test_case, changed, *program);
  if (!situation) return no_prediction(situation.error());
  put_prediction(out, "predicted", oracle::predict(*situation, program->workload));
  put_largest(out, *situation, program->workload);
  put_when_used(out, *situation, program->workload);
  put_changes(out, smallest_changes(*situation, program->workload));
  return out;
}

std::string explain_what_if(const Case& test_case, const HostFacts& facts,
                            const std::string& host) {
  Out out;
  put(out, "{}\n", test_case.id);
  if (!test_case.summary.empty()) put(out, "  {}\n", test_case.summary);
  if (!host.empty()) put(out, "  host        {}\n", host);
  for (const std::string& line : describe_environment(test_case.environment))
    put(out, "  setting     {}\n", line);
  for (const WorkloadStep& step : test_case.workload)
    put(out, "  step        {}\n", describe_step(step));
  out += explain_sizes(test_case.workload, facts);
  return out + explain_prediction(test_case, facts);
}

}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#include "harness/judge/moved_facts.h"

namespace memqual {
namespace {

using Member = Fact<std::uint64_t> HostFacts::*;

// What rules decide by and what nobody touches while a case runs. What is free or committed moves
// all the time; the bands of the rules are for that.
constexpr Member kDeciding[] = {&HostFacts::mem_total_bytes,    &HostFacts::swap_total_bytes,
                                &HostFacts::cgroup_limit_bytes, &HostFacts::overcommit_memory,
                                &HostFacts::overcommit_ratio,   &HostFacts::overcommit_kbytes,
                                &HostFacts::max_map_count};

std::string value_words(const HostFacts& facts, const FactField& field) {
  const FactValue value = fact_value(facts, field);
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr) return "none";
  return field.unit == FactUnit::bytes ? format_bytes(*number) : std::to_string(*number);
}

std::string words_about(Member member, const HostFacts& before, const HostFacts& after) {
  for (const FactField& field : fact_table()) {
    const auto* found = std::get_if<Member>(&field.member);
    if (found != nullptr && *found == member)
      return field.name + ": " + value_words(before, field) + ", then " + value_words(after, field);
  }
  return {};
}

bool same_answer(const Prediction& one, const Prediction& other) {
  if (one.allowed != other.allowed || one.load_lines.size() != other.load_lines.size())
    return false;
  for (std::size_t i = 0; i < one.load_lines.size(); ++i)
    if (one.load_lines[i].least_bytes != other.load_lines[i].least_bytes ||
        one.load_lines[i].most_bytes != other.load_lines[i].most_bytes)
      return false;
  return true;
}

}  // namespace

void note_moved_facts(Prediction& prediction, const oracle::Situation& situation,
                      const std::vector<WorkloadStep>& workload, const HostFacts& after) {
  oracle::Situation later = situation;
  std::vector<std::string> moved;
  for (const Member member : kDeciding) {
    if ((situation.facts.*member).value == (after.*member).value) continue;
    later.facts.*member = after.*member;
    moved.push_back(words_about(member, situation.facts, after));
  }
  if (moved.empty()) return;
  // Where the limit is computed it moves with what it is computed from, also where it is not.
  later.facts.commit_limit_bytes = after.commit_limit_bytes;
  if (!same_answer(prediction, oracle::predict(later, workload))) prediction.moved = moved;
}

}  // namespace memqual

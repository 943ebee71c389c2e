// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/load_line.h"

#include <algorithm>

#include "harness/oracle/capacity.h"
#include "harness/oracle/system_rules.h"

namespace memqual::oracle {
namespace {

class Search {
 public:
  Search(const Situation& situation, const MemoryState& state, const FindLargest& step)
      : situation_(situation), rules_(rules_of(situation.facts)), state_(state) {
    request_.using_ = step.using_;
    // The bad_alloc of the first refusal lies on the heap, whose padding then serves the fallback.
    if (step.using_ == AllocateUsing::new_) state_.heap_extended = true;
  }

  /// Every rule about requests of this size. find_largest keeps glibc's threshold where it starts.
  std::vector<Capacity> rules(std::uint64_t bytes) {
    request_.size = Size::of_bytes(bytes);
    return rules_.allocation(situation_, state_, request_, shape());
  }

  /// Small blocks lie on malloc's heap, which grows by its padding (M_TOP_PAD) and a page more than
  /// is asked for: that much of a limit is there before, or is missed at the end.
  void expect_padding(std::uint64_t bytes) {
    request_.size = Size::of_bytes(bytes);
    if (is_malloc_family(request_.using_) && shape().on_heap)
      state_.heap_freed_bytes = saturating_add(state_.heap_freed_bytes, 132 * kKiB);
  }

  /// The mapping of a request, less the request.
  std::uint64_t overhead(std::uint64_t bytes) {
    request_.size = Size::of_bytes(bytes);
    return minus(shape().mapped_bytes, bytes);
  }

 private:
  BlockShape shape() const {
    return rules_.shape(request_, situation_.facts, MemoryState{}.mmap_threshold_bytes);
  }

  const Situation& situation_;
  const SystemRules& rules_;
  MemoryState state_;
  Allocate request_;
};

std::uint64_t unit_of(AllocateUsing using_, const HostFacts& facts) {
  if (is_malloc_family(using_)) return 1;
  return using_ == AllocateUsing::hugetlb ? facts.huge_page_size_bytes.value_or(2 * kMiB)
                                          : facts.page_size_bytes.value_or(4096);
}

// The largest of 0..most for which a verdict holds; it does not hold again above one where it does
// not.
struct Bracket {
  std::uint64_t holds = 0;
  std::uint64_t fails = 0;
  bool open() const { return holds + 1 < fails; }
  std::uint64_t middle() const { return holds + (fails - holds) / 2; }
  void learn(std::uint64_t at, bool holds_there) {
    if (holds_there)
      holds = std::max(holds, at);
    else
      fails = std::min(fails, at);
  }
};

// As long as no rule is found that limits.
LoadLine bounded(std::uint64_t unit) {
  LoadLine line;
  line.unit_bytes = unit;
  line.formula = "the bound of the step";
  line.sentence = "nothing up to the bound of the step is refused";
  return line;
}

void explain_with(LoadLine& line, const Capacity& why) {
  line.rule = why.rule;
  line.formula = formula_of(why.rule);
  line.sentence = why.sentence;
  line.arithmetic = why.arithmetic;
  line.citation = why.citation;
}

// The rule that refuses the first larger request, or else the one that may.
void explain(LoadLine& line, const std::vector<Capacity>& above_most,
             const std::vector<Capacity>& above_least, std::uint64_t wanted_most,
             std::uint64_t wanted_least) {
  const Decision decision = decide(above_most);
  if (decision.limit != nullptr && decision.possibly < wanted_most)
    return explain_with(line, *decision.limit);
  for (const Capacity& rule : above_least)
    if (rule.surely < wanted_least) return explain_with(line, rule);
}

LoadLine largest_request(Search& search, const FindLargest& step, std::uint64_t unit) {
  const std::uint64_t most = most_asked_bytes(step) / unit;
  Bracket surely{0, most + 1};
  Bracket possibly{0, most + 1};
  LoadLine line = bounded(unit);
  if (most == 0) return line;
  const auto look = [&](std::uint64_t at) {
    const Decision decision = decide(search.rules(at * unit));
    surely.learn(at, decision.surely >= 1);
    possibly.learn(at, decision.possibly >= 1);
  };
  look(most);
  while (possibly.open()) look(possibly.middle());
  while (surely.open()) look(surely.middle());
  line.least_bytes = surely.holds * unit;
  line.most_bytes = possibly.holds * unit;
  explain(line, search.rules(std::min(possibly.fails, most) * unit),
          search.rules(std::min(surely.fails, most) * unit), 1, 1);
  const std::uint64_t header = search.overhead(line.most_bytes);
  if (is_malloc_family(step.using_) && header != 0)
    line.formula += " - malloc's header of " + std::to_string(header) + " B";
  return line;
}

LoadLine largest_list(Search& search, const FindLargest& step) {
  const std::uint64_t block = literal_bytes(*step.block);
  const std::uint64_t most = most_asked_blocks(step);
  search.expect_padding(block);
  const std::vector<Capacity> rules = search.rules(block);
  const Decision decision = decide(rules);
  LoadLine line = bounded(block);
  line.least_bytes = std::min(decision.surely, most) * block;
  line.most_bytes = std::min(decision.possibly, most) * block;
  explain(line, rules, rules, most, most);
  if (line.rule == LimitingRule::none) return line;
  const bool counts = line.rule == LimitingRule::map_count;
  if (line.rule != LimitingRule::overcommit_guess)
    line.formula = counts ? "(" + line.formula + ") x block"
                          : "(" + line.formula + ") / each block, in whole blocks";
  return line;
}

}  // namespace

std::string_view formula_of(LimitingRule rule) {
  switch (rule) {
    case LimitingRule::ptrdiff_max:
      return "PTRDIFF_MAX";
    case LimitingRule::map_count:
      return "vm.max_map_count + 1 - mappings before";
    case LimitingRule::address_space:
      return "largest hole - used by earlier steps";
    case LimitingRule::rlimit_as:
      return "RLIMIT_AS - address space in use";
    case LimitingRule::rlimit_data:
      return "RLIMIT_DATA - data in use";
    case LimitingRule::overcommit_guess:
      return "RAM + swap";
    case LimitingRule::overcommit_never:
      return "commit limit - committed before - admin reserve - user reserve";
    case LimitingRule::hugetlb_pool:
      return "free huge pages";
    case LimitingRule::commit_limit:
      return "commit limit - committed before";
    case LimitingRule::job_memory:
      return "memory limit of the job - committed before";
    default:
      return "";
  }
}

LoadLine load_line(const Situation& situation, const MemoryState& state, const FindLargest& step,
                   std::size_t index) {
  Search search(situation, state, step);
  LoadLine line = step.block ? largest_list(search, step)
                             : largest_request(search, step, unit_of(step.using_, situation.facts));
  line.step = index;
  return line;
}

}  // namespace memqual::oracle

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
  return is_hugetlb(using_) ? hugetlb_page_bytes(facts) : facts.page_size_bytes.value_or(4096);
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
  if (line.rule == LimitingRule::map_count)
    line.formula = "blocks: " + line.formula;
  else if (line.rule != LimitingRule::none && line.rule != LimitingRule::overcommit_guess)
    line.formula = "whole blocks in " + line.formula;
  return line;
}

// What a touch of so many bytes takes beside what is resident already.
class TouchedBytes {
 public:
  TouchedBytes(const Situation& situation, const MemoryState& state, const BlockSet& set,
               const Touch& step)
      : situation_(situation), rules_(rules_of(situation.facts)) {
    page_ = situation.facts.page_size_bytes.value_or(4096);
    held_ = saturating_add(saturating_add(state.private_bytes(), state.shared_bytes()),
                           state.page_table_bytes());
    freed_ = saturating_add(state.heap_freed_resident_bytes, state.library_bytes);
    table_ends_ = saturating_multiply(set.blocks, page_);
    const bool shared = set.shape.always_own_mapping;
    is_zero_page_ = step.access == Access::read && !shared;
    Touch every_page = step;
    every_page.access = Access::write;
    pages_ = footprint_of(set, every_page, situation.facts).least_bytes / page_;
  }

  std::uint64_t page() const { return page_; }
  std::uint64_t pages() const { return pages_; }

  Capacity rule(std::uint64_t pages) const {
    const std::uint64_t bytes = saturating_multiply(pages, page_);
    const std::uint64_t resident = saturating_add(held_, is_zero_page_ ? 0 : bytes);
    const std::uint64_t tables = saturating_add(bytes / 512, table_ends_);
    return rules_.residency(situation_, saturating_add(resident, tables / 2),
                            saturating_add(saturating_add(resident, freed_), tables));
  }

 private:
  const Situation& situation_;
  const SystemRules& rules_;
  std::uint64_t page_;
  std::uint64_t held_;
  std::uint64_t freed_;
  std::uint64_t table_ends_;
  std::uint64_t pages_;
  bool is_zero_page_;
};

}  // namespace

std::optional<LoadLine> touch_line(const Situation& situation, const MemoryState& state,
                                   const BlockSet& set, const Touch& step, std::size_t index) {
  const std::optional<std::uint64_t> own = situation.cgroup_memory_max_bytes;
  if (!own || step.every != Stride::page || set.request.using_ == AllocateUsing::file ||
      rules_of(situation.facts).limit(situation).least_bytes != *own)
    return std::nullopt;
  const TouchedBytes touched(situation, state, set, step);
  Bracket surely{0, touched.pages() + 1};
  Bracket possibly{0, touched.pages() + 1};
  const auto look = [&](std::uint64_t pages) {
    const Capacity rule = touched.rule(pages);
    surely.learn(pages, rule.surely >= 1);
    possibly.learn(pages, rule.possibly >= 1);
  };
  look(touched.pages());
  if (surely.holds == touched.pages()) return std::nullopt;
  while (possibly.open()) look(possibly.middle());
  while (surely.open()) look(surely.middle());
  LoadLine line = bounded(touched.page());
  line.step = index;
  // A fault may make a huge page resident of which one page is touched.
  const bool huge = situation.facts.thp.value_or("never") == "always";
  line.least_bytes = minus(surely.holds * touched.page(),
                           huge ? situation.facts.huge_page_size_bytes.value_or(2 * kMiB) : 0);
  line.most_bytes = possibly.holds * touched.page();
  explain_with(line, touched.rule(surely.fails));
  return line;
}

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
    case LimitingRule::cgroup_memory:
      return "memory limit of the cgroup - page tables - kernel memory";
    case LimitingRule::node_memory:
      return "memory of the NUMA nodes - page tables - kernel memory";
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

// SPDX-License-Identifier: Apache-2.0
#include "harness/attribution_check/labelled_case.h"

#include <algorithm>
#include <array>
#include <functional>

#include "harness/oracle_check/split_mix.h"

namespace memqual::attribution_check {
namespace {

using Using = AllocateUsing;
using Rule = LimitingRule;
using Random = oracle_check::SplitMix;

constexpr std::array kLibrary{Using::malloc, Using::calloc, Using::new_, Using::posix_memalign};
constexpr std::array kCharged{Using::malloc, Using::calloc,      Using::new_, Using::posix_memalign,
                              Using::mmap,   Using::mmap_shared, Using::brk};
constexpr std::array kPrivate{Using::malloc, Using::calloc, Using::new_, Using::posix_memalign,
                              Using::mmap};
constexpr std::array kData{Using::malloc, Using::calloc,         Using::new_, Using::posix_memalign,
                           Using::mmap,   Using::mmap_noreserve, Using::brk};
constexpr std::array kAny{Using::malloc,         Using::calloc,      Using::new_,
                          Using::posix_memalign, Using::mmap,        Using::mmap_noreserve,
                          Using::mmap_none,      Using::mmap_shared, Using::mmap_readonly,
                          Using::memfd,          Using::brk};
// Each a mapping of its own, whatever lies beside it, or none that grows another one.
constexpr std::array kMapped{Using::mmap,          Using::mmap_noreserve, Using::mmap_none,
                             Using::mmap_readonly, Using::mmap_shared,    Using::memfd,
                             Using::malloc,        Using::posix_memalign};
constexpr std::uint64_t kDataLimit = 64 * kMiB;

// One case in the making.
class Maker {
 public:
  Maker(std::uint64_t seed, const HostFacts& facts) : random(seed) {
    page = facts.page_size_bytes.value_or(4096);
    ram_and_swap = facts.mem_total_bytes.value_or(kGiB) + facts.swap_total_bytes.value_or(0);
    most_mappings = facts.max_map_count.value_or(65530);
    commit_limit = facts.commit_limit_bytes.value_or(ram_and_swap / 2);
    committed = facts.committed_as_bytes.value_or(0);
    root = facts.root.value_or(false);
    made.test_case.scenario = "attribution_check_" + std::to_string(seed);
    made.test_case.summary = "A refusal with a known cause";
    made.test_case.timeout_ms = 30000;
    made.test_case.expect.rules = {{{}, {{OutcomeKind::refused, {}}}, /*predicted=*/false}};
  }

  void label(Rule cause, std::string what) {
    made.cause = cause;
    made.what = std::move(what);
  }
  void limit(RlimitResource resource, std::uint64_t bytes, bool beyond_own_use = false) {
    RlimitSetting setting;
    setting.beyond_own_use = beyond_own_use;
    setting.resource = resource;
    setting.value = size_of(bytes);
    made.test_case.environment.rlimits.push_back(setting);
  }
  void mode(OvercommitMode mode) { made.test_case.environment.overcommit.memory = mode; }
  void drop_capabilities() {
    if (root) made.test_case.environment.user = "unprivileged";
  }

  template <class Action>
  void step(Action action) {
    steps().push_back({std::move(action), ""});
  }
  void allocate(const std::string& name, Using using_, std::uint64_t bytes,
                std::uint64_t count = 1) {
    Allocate action;
    action.name = name;
    action.size = size_of(bytes);
    action.using_ = using_;
    action.count = count;
    step(std::move(action));
  }
  /// The same call in the process itself or in a forked copy of it.
  void allocate_somewhere(Using using_, std::uint64_t bytes) {
    if (!random.one_in(5)) return allocate("a", using_, bytes);
    nested = true;
    allocate("a", using_, bytes);
    nested = false;
    Fork fork;
    fork.workload = std::move(copy_steps);
    step(std::move(fork));
    made.what += ", in a forked copy";
  }
  void fill() {
    allocate(kFill, Using::mmap_shared, page, most_mappings + 100);
    made.needs_fill = true;
  }
  template <class Array>
  Using pick(const Array& kinds) {
    const Using using_ = random.pick(kinds);
    made.what += ", " + std::string(to_word(using_));
    return using_;
  }
  /// Beyond RAM and swap: by a page, or by much. The C library adds a header of its own.
  std::uint64_t beyond_ram() {
    return ram_and_swap + (random.one_in(3) ? page : random.between(1, 9000) * kGiB);
  }
  std::uint64_t beyond_addresses() {
    return random.one_in(2) ? random.between(129, 4000) * kTiB
                            : (std::uint64_t{1} << random.between(48, 61));
  }
  std::uint64_t some_limit() { return random.between(64, 4096) * kMiB + random.below(9) * page; }

  Random random;
  std::uint64_t page = 0;
  std::uint64_t ram_and_swap = 0;
  std::uint64_t most_mappings = 0;
  std::uint64_t commit_limit = 0;
  std::uint64_t committed = 0;
  bool root = false;
  LabelledCase made;

 private:
  static Size size_of(std::uint64_t bytes) {
    Size size = Size::of_bytes(bytes);
    size.text = std::to_string(bytes) + " B";
    return size;
  }
  std::vector<WorkloadStep>& steps() { return nested ? copy_steps : made.test_case.workload; }

  bool nested = false;
  std::vector<WorkloadStep> copy_steps;
};

// ------------------------------------------------------------------------------ one limit alone

void guess(Maker& make) {
  make.label(Rule::overcommit_guess, "beyond RAM and swap");
  make.allocate_somewhere(make.pick(kCharged), make.beyond_ram());
}
void guess_protect(Maker& make) {
  make.label(Rule::overcommit_guess, "mprotect beyond RAM and swap");
  make.allocate("a", make.random.one_in(2) ? Using::mmap_none : Using::mmap_readonly,
                make.beyond_ram());
  make.step(Protect{"a", Protection::read_write});
}
void guess_fork(Maker& make) {
  make.label(Rule::overcommit_guess, "fork of blocks that have become one mapping");
  make.allocate("a", Using::mmap, make.ram_and_swap / 2 / make.page * make.page,
                make.random.between(3, 9));
  Fork fork;
  fork.count = make.random.between(1, 3);
  fork.workload = {{Spawn{}, ""}};
  make.step(std::move(fork));
}
void data(Maker& make) {
  make.label(Rule::rlimit_data, "RLIMIT_DATA alone");
  const std::uint64_t limit = make.some_limit();
  make.limit(RlimitResource::data, limit);
  make.allocate_somewhere(make.pick(kData),
                          limit + make.random.between(0, 2 * kGiB / make.page) * make.page);
}
void data_list(Maker& make) {
  make.label(Rule::rlimit_data, "RLIMIT_DATA, block after block");
  make.limit(RlimitResource::data, 256 * kMiB);
  make.allocate("a", make.pick(kPrivate), make.random.between(2, 30) * kMiB, 200);
}
void data_protect(Maker& make) {
  make.label(Rule::rlimit_data, "mprotect beyond RLIMIT_DATA");
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate("a", make.random.one_in(2) ? Using::mmap_none : Using::mmap_readonly,
                kDataLimit + make.random.below(100) * kMiB);
  make.step(Protect{"a", Protection::read_write});
}
void address_limit(Maker& make) {
  make.label(Rule::rlimit_as, "RLIMIT_AS alone");
  const std::uint64_t limit = make.some_limit();
  make.limit(RlimitResource::address_space, limit);
  make.allocate_somewhere(make.pick(kAny),
                          limit + make.random.between(0, 2 * kGiB / make.page) * make.page);
}
void address_limit_list(Maker& make) {
  make.label(Rule::rlimit_as, "RLIMIT_AS, block after block");
  make.limit(RlimitResource::address_space, 512 * kMiB);
  make.allocate("a", make.pick(kMapped), make.random.between(2, 30) * kMiB, 400);
}
// Room for all pages but one, with what the process itself owns counted by the harness.
void to_the_page(Maker& make) {
  const bool is_data = make.random.one_in(2);
  make.label(is_data ? Rule::rlimit_data : Rule::rlimit_as, "one page beyond a limit");
  const std::uint64_t bytes = make.random.between(1, 100000) * make.page;
  make.limit(is_data ? RlimitResource::data : RlimitResource::address_space, bytes - make.page,
             /*beyond_own_use=*/true);
  make.allocate("a", make.pick(std::array{Using::mmap, Using::mmap_noreserve}), bytes);
}
void hole(Maker& make) {
  make.label(Rule::address_space, "no such hole");
  make.allocate_somewhere(make.pick(kAny), make.beyond_addresses());
}
void library(Maker& make) {
  make.label(Rule::ptrdiff_max, "beyond PTRDIFF_MAX");
  make.allocate("a", make.pick(kLibrary),
                (std::uint64_t{1} << 63U) + make.random.below(kTiB) * make.page);
}
void pool(Maker& make) {
  make.label(Rule::hugetlb_pool, "an empty pool");
  make.allocate_somewhere(Using::hugetlb, make.random.between(1, 200) * 2 * kMiB);
}
void lock(Maker& make) {
  make.label(Rule::memlock, "mlock beyond RLIMIT_MEMLOCK");
  make.limit(RlimitResource::memlock, make.random.below(16) * make.page);
  make.drop_capabilities();
  make.allocate("a",
                make.pick(std::array{Using::mmap, Using::mmap_readonly, Using::mmap_shared,
                                     Using::memfd, Using::malloc}),
                make.random.between(20, 200) * make.page);
  make.step(Lock{"a"});
}
void lock_list(Maker& make) {
  make.label(Rule::memlock, "mlock, block after block");
  make.limit(RlimitResource::memlock, 16 * make.page);
  make.drop_capabilities();
  make.allocate("a", make.pick(std::array{Using::mmap, Using::mmap_shared}),
                make.random.between(1, 5) * make.page, 40);
  make.step(Lock{"a"});
}
void lock_without_access(Maker& make) {
  make.label(Rule::protection, "mlock of what may not be read");
  make.allocate("a", Using::mmap_none, make.random.between(1, 4) * make.page);
  make.step(Lock{"a"});
}
void gap(Maker& make) {
  make.label(Rule::protection, "a call about a mapping that a copy does not have");
  make.allocate("a", Using::mmap, make.random.between(1, 99) * make.page);
  make.step(Advise{"a", Advice::dontfork});
  Fork fork;
  if (make.random.one_in(2))
    fork.workload = {{Protect{"a", Protection::read}, ""}};
  else
    fork.workload = {{Advise{"a", Advice::random}, ""}};
  make.step(std::move(fork));
}
void mappings_list(Maker& make) {
  make.label(Rule::map_count, "as many mappings as there may be");
  make.allocate("a", make.pick(std::array{Using::mmap_shared, Using::memfd}), make.page,
                make.most_mappings + 100);
}
void mappings(Maker& make) {
  make.label(Rule::map_count, "one mapping too many");
  make.fill();
  make.allocate("a", make.pick(kMapped), 2 * kMiB);
}
void mappings_break(Maker& make) {
  make.label(Rule::map_count, "brk with every mapping there may be");
  make.fill();
  make.allocate("a", Using::brk, kMiB);
}
void mappings_split(Maker& make) {
  make.label(Rule::map_count, "splitting a mapping");
  make.allocate("a", Using::mmap, make.page, 3);  // become one mapping
  make.fill();
  switch (make.random.below(3)) {
    case 0:
      return make.step(Protect{"a", Protection::read});
    case 1:
      return make.step(Advise{"a", Advice::dontfork});
    default:
      return make.step(Lock{"a"});
  }
}

// --------------------------------------------------------- two that refuse: the order decides

void address_limit_before_data(Maker& make) {
  make.label(Rule::rlimit_as, "RLIMIT_AS before RLIMIT_DATA");
  make.limit(RlimitResource::address_space, 200 * kMiB);
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate_somewhere(make.pick(kPrivate), 300 * kMiB + make.random.below(kGiB));
}
void data_before_address_limit_for_the_break(Maker& make) {
  make.label(Rule::rlimit_data, "RLIMIT_DATA before RLIMIT_AS, brk");
  make.limit(RlimitResource::address_space, 200 * kMiB);
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate_somewhere(Using::brk, 300 * kMiB + make.random.below(kGiB));
}
void data_before_charge(Maker& make) {
  make.label(Rule::rlimit_data, "RLIMIT_DATA before the charge");
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate_somewhere(make.pick(kPrivate), make.beyond_ram());
}
void shared_is_no_data(Maker& make) {
  make.label(Rule::overcommit_guess, "shared memory is charged, but no data");
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate_somewhere(Using::mmap_shared, make.beyond_ram());
}
void address_limit_before_charge(Maker& make) {
  make.label(Rule::rlimit_as, "RLIMIT_AS before the charge");
  make.limit(RlimitResource::address_space, kGiB);
  make.allocate_somewhere(make.pick(kCharged), make.beyond_ram());
}
void hole_before_limits(Maker& make) {
  make.label(Rule::address_space, "the hole before RLIMIT_AS and RLIMIT_DATA");
  make.limit(RlimitResource::address_space, kGiB);
  if (make.random.one_in(2)) make.limit(RlimitResource::data, kDataLimit);
  make.allocate_somewhere(make.pick(kMapped), make.beyond_addresses());
}
void data_before_hole_for_the_break(Maker& make) {
  make.label(Rule::rlimit_data, "RLIMIT_DATA before the hole, brk");
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate("a", Using::brk, make.beyond_addresses());
}
void limits_before_pool(Maker& make) {
  const bool is_data = make.random.one_in(2);
  make.label(is_data ? Rule::rlimit_data : Rule::rlimit_as, "a limit before the pool");
  make.limit(is_data ? RlimitResource::data : RlimitResource::address_space, kDataLimit);
  make.allocate("a", Using::hugetlb, 128 * kMiB);
}
void data_before_charge_for_mprotect(Maker& make) {
  make.label(Rule::rlimit_data, "mprotect: RLIMIT_DATA before the charge");
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate("a", Using::mmap_none, make.beyond_ram());
  make.step(Protect{"a", Protection::read_write});
}
// mm/mprotect.c mprotect_fixup looks at data only where the range as it is could be mapped again.
void charge_instead_of_data_for_mprotect(Maker& make) {
  make.label(Rule::overcommit_guess, "mprotect: no look at RLIMIT_DATA where RLIMIT_AS is full");
  const std::uint64_t bytes = make.beyond_ram();
  make.limit(RlimitResource::address_space, bytes + kGiB);
  make.limit(RlimitResource::data, kDataLimit);
  make.allocate("a", Using::mmap_none, bytes);
  make.step(Protect{"a", Protection::read_write});
}
void lock_limit_before_access(Maker& make) {
  make.label(Rule::memlock, "RLIMIT_MEMLOCK before access");
  make.limit(RlimitResource::memlock, make.random.below(16) * make.page);
  make.drop_capabilities();
  make.allocate("a", Using::mmap_none, make.random.between(20, 200) * make.page);
  make.step(Lock{"a"});
}
void mappings_before_limits(Maker& make) {
  make.label(Rule::map_count, "the number of mappings before every limit");
  make.limit(RlimitResource::address_space, kGiB);
  if (make.random.one_in(2)) make.limit(RlimitResource::data, kDataLimit);
  make.fill();
  make.allocate("a", make.pick(kPrivate), make.random.one_in(2) ? 2 * kGiB : make.beyond_ram());
}
void limits_before_mappings_for_the_break(Maker& make) {
  const bool is_data = make.random.one_in(2);
  make.label(is_data ? Rule::rlimit_data : Rule::rlimit_as,
             "a limit before the number of mappings, brk");
  if (is_data)
    make.limit(RlimitResource::data, kDataLimit);
  else
    make.limit(RlimitResource::address_space, kGiB);
  make.fill();
  make.allocate("a", Using::brk, 2 * kGiB);
}

// -------------------------------------------------------------------- with the overcommit mode set

// Between what the limit leaves and what the machine has, so that mode 0 would grant it.
std::uint64_t beyond_commit(Maker& make) {
  return make.commit_limit + make.random.below(make.ram_and_swap / 4) / make.page * make.page;
}
void never(Maker& make) {
  make.label(Rule::overcommit_never, "beyond the commit limit");
  make.mode(OvercommitMode::never);
  std::array<Using, kCharged.size() + 1> kinds{};
  std::copy(kCharged.begin(), kCharged.end(), kinds.begin());
  kinds.back() = Using::mmap_noreserve;
  make.allocate_somewhere(make.pick(kinds), beyond_commit(make));
}
void never_protect(Maker& make) {
  make.label(Rule::overcommit_never, "mprotect beyond the commit limit");
  make.mode(OvercommitMode::never);
  make.allocate("a", Using::mmap_none, beyond_commit(make));
  make.step(Protect{"a", Protection::read_write});
}
void never_fork(Maker& make) {
  make.label(Rule::overcommit_never, "fork beyond the commit limit");
  make.mode(OvercommitMode::never);
  const std::uint64_t room =
      make.commit_limit > make.committed ? make.commit_limit - make.committed : 0;
  make.allocate("a", Using::mmap, room / 10 * 7 / make.page * make.page);
  Fork fork;
  fork.workload = {{Spawn{}, ""}};
  make.step(std::move(fork));
}
void limits_before_never(Maker& make) {
  const bool is_data = make.random.one_in(2);
  make.label(is_data ? Rule::rlimit_data : Rule::rlimit_as, "a limit before strict accounting");
  make.mode(OvercommitMode::never);
  make.limit(is_data ? RlimitResource::data : RlimitResource::address_space, kGiB);
  make.allocate_somewhere(make.pick(kPrivate), beyond_commit(make));
}
void limits_in_always(Maker& make) {
  const bool is_data = make.random.one_in(2);
  make.label(is_data ? Rule::rlimit_data : Rule::rlimit_as, "a limit where nothing is charged");
  make.mode(OvercommitMode::always);
  make.limit(is_data ? RlimitResource::data : RlimitResource::address_space, kGiB);
  make.allocate_somewhere(make.pick(kPrivate), make.beyond_ram());
}
void hole_in_always(Maker& make) {
  make.label(Rule::address_space, "no such hole where nothing is charged");
  make.mode(OvercommitMode::always);
  make.allocate_somewhere(make.pick(kAny), make.beyond_addresses());
}

using Kind = void (*)(Maker&);
constexpr Kind kKinds[] = {
    guess,
    data,
    address_limit,
    hole,
    guess_protect,
    data_protect,
    guess_fork,
    library,
    pool,
    lock,
    data_list,
    address_limit_list,
    to_the_page,
    lock_list,
    lock_without_access,
    gap,
    address_limit_before_data,
    data_before_address_limit_for_the_break,
    data_before_charge,
    shared_is_no_data,
    address_limit_before_charge,
    hole_before_limits,
    data_before_hole_for_the_break,
    limits_before_pool,
    data_before_charge_for_mprotect,
    charge_instead_of_data_for_mprotect,
    lock_limit_before_access,
};
// Half a second each: one of them after each round of the others.
constexpr Kind kSlowKinds[] = {
    mappings_list,  mappings,       mappings_before_limits, limits_before_mappings_for_the_break,
    mappings_split, mappings_break,
};
constexpr Kind kModeKinds[] = {
    never, limits_before_never, never_protect, limits_in_always, never_fork, hole_in_always,
};

bool can_show(Kind kind, const HostFacts& facts) {
  if (kind == pool || kind == limits_before_pool)
    return facts.huge_pages_total.known() && *facts.huge_pages_total.value == 0 &&
           facts.hugetlb_page_size_bytes.value_or(0) == 2 * kMiB;
  // A process that may lock whatever it likes shows access, and one that may not its limit.
  if (kind == lock_without_access) return facts.cap_ipc_lock.value_or(false);
  return true;
}

}  // namespace

std::vector<LabelledCase> labelled_cases(const LabelOptions& options, const HostFacts& facts) {
  std::vector<Kind> round;
  for (const Kind kind : kKinds)
    if (can_show(kind, facts)) round.push_back(kind);
  if (options.system_changes)
    round.insert(round.end(), std::begin(kModeKinds), std::end(kModeKinds));
  std::vector<LabelledCase> cases;
  for (std::uint64_t i = 0; cases.size() < options.cases; ++i) {
    const std::uint64_t turn = i % (round.size() + 1);
    const std::uint64_t lap = i / (round.size() + 1);
    const Kind kind = turn < round.size() ? round[turn] : kSlowKinds[lap % std::size(kSlowKinds)];
    Maker make(Random(options.seed * 1000003 + i).next() >> 16U, facts);
    kind(make);
    set_identity(make.made.test_case);
    cases.push_back(std::move(make.made));
  }
  return cases;
}

Allocate* fill_step(Case& test_case) {
  for (WorkloadStep& step : test_case.workload) {
    auto* allocate = std::get_if<Allocate>(&step.action);
    if (allocate != nullptr && allocate->name == kFill) return allocate;
  }
  return nullptr;
}

}  // namespace memqual::attribution_check

// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/changes.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_situation.h"

using namespace memqual;
using namespace memqual::testing;
using oracle::Situation;

namespace {

using Workload = std::vector<WorkloadStep>;

Situation host(std::uint64_t mode = 0) { return laptop_situation(mode); }

Workload asks(std::uint64_t bytes, AllocateUsing using_ = AllocateUsing::mmap,
              std::uint64_t count = 1) {
  Allocate action;
  action.name = "a";
  action.size = Size::of_bytes(bytes);
  action.using_ = using_;
  action.count = count;
  return {step(action)};
}

Workload uses(std::uint64_t bytes) {
  Workload workload = asks(bytes);
  workload.push_back(touch("a"));
  return workload;
}

// Every change offered completes; the one of this kind is returned.
Change change_of(const Situation& situation, const Workload& workload, ChangeKind kind) {
  BOOST_TEST(!surely_completes(situation, workload));
  std::optional<Change> found;
  for (const Change& change : smallest_changes(situation, workload)) {
    BOOST_TEST(surely_completes(change.situation, change.workload), change.what);
    BOOST_TEST(!change.cost.empty(), change.what);
    if (change.kind == kind) found = change;
  }
  BOOST_REQUIRE_MESSAGE(found, "no change of kind " << static_cast<int>(kind));
  return *found;
}

bool is_offered(const Situation& situation, const Workload& workload, ChangeKind kind) {
  for (const Change& change : smallest_changes(situation, workload))
    if (change.kind == kind) return true;
  return false;
}

Allocate& first_allocate(Change& change) {
  return std::get<Allocate>(change.workload.front().action);
}

ResolvedRlimit& only_limit(Change& change) {
  BOOST_REQUIRE(change.situation.setup.rlimits.size() == 1u);
  return change.situation.setup.rlimits.front();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(changes)

BOOST_AUTO_TEST_CASE(what_completes_needs_no_change) {
  BOOST_TEST(smallest_changes(host(), uses(kGiB)).empty());
}

BOOST_AUTO_TEST_CASE(mode_1_grants_what_mode_0_refuses_unless_all_of_it_is_used) {
  const Change change = change_of(host(), asks(kTiB), ChangeKind::mode_1);
  BOOST_TEST(change.what == "vm.overcommit_memory=1");
  BOOST_TEST(!is_offered(host(), uses(kTiB), ChangeKind::mode_1));
}

BOOST_AUTO_TEST_CASE(swap_is_the_least_that_suffices) {
  Change change = change_of(host(), asks(100 * kGiB), ChangeKind::swap);
  BOOST_TEST(change.amount == 90 * kGiB);
  BOOST_TEST(change.what == "90 GiB more swap");
  change.situation.facts.swap_total_bytes.value =
      *change.situation.facts.swap_total_bytes.value - kGiB;
  BOOST_TEST(!surely_completes(change.situation, change.workload));
}

BOOST_AUTO_TEST_CASE(noreserve_helps_in_mode_0_and_not_in_mode_2) {
  Change change = change_of(host(), asks(kTiB, AllocateUsing::calloc), ChangeKind::noreserve);
  BOOST_TEST((first_allocate(change).using_ == AllocateUsing::mmap_noreserve));
  BOOST_TEST(!is_offered(host(2), asks(kTiB), ChangeKind::noreserve));
}

BOOST_AUTO_TEST_CASE(blocks_are_the_largest_that_mode_0_grants_and_no_help_in_mode_2) {
  Change change = change_of(host(), asks(352800000000), ChangeKind::blocks);
  BOOST_TEST(change.amount == 10 * kGiB);
  BOOST_TEST(change.what == "33 blocks of at most 10737418240 B");
  first_allocate(change).size = Size::of_bytes(change.amount + 4096);
  BOOST_TEST(!surely_completes(change.situation, change.workload));
  BOOST_TEST(!is_offered(host(2), asks(kTiB), ChangeKind::blocks));
}

BOOST_AUTO_TEST_CASE(two_limits_in_the_way_are_changed_together_and_each_as_little_as_possible) {
  Situation situation = host();
  situation.setup.rlimits.push_back({RlimitResource::address_space, false, kGiB});
  situation.facts.cgroup_limit_bytes.set(kGiB, "test");
  const Workload workload = uses(2 * kGiB);
  Change change = change_of(situation, workload, ChangeKind::together);
  BOOST_TEST(change.what.starts_with("RLIMIT_AS 20"), change.what);
  BOOST_TEST(change.what.find(" and limit of the cgroup above 20") != std::string::npos,
             change.what);
  BOOST_TEST(change.what.ends_with(" MiB, together"), change.what);
  BOOST_TEST(change.cost.find("process: ") == 0u, change.cost);
  Change less = change;
  only_limit(less).value -= kMiB;
  BOOST_TEST(!surely_completes(less.situation, less.workload));
  less = change;
  less.situation.facts.cgroup_limit_bytes.value =
      *less.situation.facts.cgroup_limit_bytes.value - kMiB;
  BOOST_TEST(!surely_completes(less.situation, less.workload));
}

BOOST_AUTO_TEST_CASE(nothing_is_changed_together_where_one_setting_suffices) {
  BOOST_TEST(!is_offered(host(), asks(kTiB), ChangeKind::together));
}

BOOST_AUTO_TEST_CASE(a_chunk_is_the_largest_that_can_be_used) {
  for (const Workload& workload : {asks(kTiB), uses(kTiB)}) {
    Change change = change_of(host(), workload, ChangeKind::chunks);
    BOOST_TEST(change.amount < 6 * kGiB);
    BOOST_TEST(change.amount > 4 * kGiB);
    first_allocate(change).size = Size::of_bytes(change.amount + 4096);
    BOOST_TEST(!surely_completes(change.situation, change.workload));
  }
}

BOOST_AUTO_TEST_CASE(the_ratio_is_the_least_percent_and_replaces_kbytes) {
  Situation strict = host(2);
  strict.facts.overcommit_kbytes.set(1024, "test");
  Change change = change_of(strict, asks(5 * kGiB), ChangeKind::ratio);
  BOOST_TEST(*change.situation.facts.overcommit_kbytes.value == 0u);
  BOOST_TEST(change.amount > 50u);
  BOOST_TEST(change.amount <= 100u);
  change.situation.facts.overcommit_ratio.value = change.amount - 1;
  BOOST_TEST(!surely_completes(change.situation, change.workload));
  BOOST_TEST(!is_offered(host(), asks(kTiB), ChangeKind::ratio));
  BOOST_TEST(is_offered(strict, asks(5 * kGiB), ChangeKind::mode_0));
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_process_is_raised_by_whole_mib) {
  const std::pair<RlimitResource, ChangeKind> rows[] = {
      {RlimitResource::address_space, ChangeKind::rlimit_as},
      {RlimitResource::data, ChangeKind::rlimit_data}};
  for (const auto& [resource, kind] : rows) {
    Situation limited = host();
    limited.setup.rlimits = {{resource, false, kGiB}};
    Change change = change_of(limited, asks(2 * kGiB), kind);
    BOOST_TEST(change.amount > 2 * kGiB);
    BOOST_TEST(change.amount < 2 * kGiB + 16 * kMiB);
    only_limit(change).value = change.amount - kMiB;
    BOOST_TEST(!surely_completes(change.situation, change.workload));
    BOOST_TEST(!is_offered(limited, asks(2 * kGiB), ChangeKind::mode_1));
    BOOST_TEST(!is_offered(limited, asks(2 * kGiB), ChangeKind::swap));
  }
}

BOOST_AUTO_TEST_CASE(the_limit_of_the_cgroup_that_kills_is_raised) {
  Situation confined = host();
  confined.cgroup_memory_max_bytes = 64 * kMiB;
  Change change = change_of(confined, uses(100 * kMiB), ChangeKind::cgroup_max);
  BOOST_TEST(change.amount > 100 * kMiB);
  BOOST_TEST(change.amount < 128 * kMiB);
  change.situation.cgroup_memory_max_bytes = change.amount - kMiB;
  BOOST_TEST(!surely_completes(change.situation, change.workload));

  Situation container = host();
  container.facts.cgroup_limit_bytes.set(64 * kMiB, "test");
  container.facts.cgroup_usage_bytes.set(0, "test");
  change = change_of(container, uses(100 * kMiB), ChangeKind::cgroup_above);
  change.situation.facts.cgroup_limit_bytes.value = change.amount - kMiB;
  BOOST_TEST(!surely_completes(change.situation, change.workload));
}

BOOST_AUTO_TEST_CASE(mappings_that_never_merge_need_a_higher_map_count) {
  Change change =
      change_of(host(), asks(4096, AllocateUsing::mmap_shared, 100000), ChangeKind::map_count);
  BOOST_TEST(change.amount > 100000u);
  change.situation.facts.max_map_count.value = change.amount - 1;
  BOOST_TEST(!surely_completes(change.situation, change.workload));
}

BOOST_AUTO_TEST_CASE(the_largest_that_completes_is_exact_to_the_page) {
  BOOST_TEST(largest_that_completes(host(), asks(kGiB)).value() == 10 * kGiB);
  const std::uint64_t used = largest_that_completes(host(), uses(kGiB)).value();
  BOOST_TEST(surely_completes(host(), uses(used)));
  BOOST_TEST(!surely_completes(host(), uses(used + 4096)));
  BOOST_TEST(!largest_that_completes(host(), asks(11 * kGiB)).has_value());
  BOOST_TEST(!largest_that_completes(host(), {}).has_value());
}

BOOST_AUTO_TEST_CASE(more_ram_is_the_answer_where_no_setting_is) {
  const Change change = change_of(host(1), uses(20 * kGiB), ChangeKind::memory);
  BOOST_TEST(change.cost == "another machine");
  BOOST_TEST(!is_offered(host(), asks(kTiB), ChangeKind::memory));
}

BOOST_AUTO_TEST_CASE(an_access_that_is_not_allowed_cannot_be_bought) {
  Workload workload = asks(kGiB, AllocateUsing::mmap_none);
  workload.push_back(touch("a"));
  BOOST_TEST(!surely_completes(host(), workload));
  BOOST_TEST(smallest_changes(host(), workload).empty());
}

namespace {

// As fixtures/testdata/machines describes them.
Situation windows() { return windows_situation(); }
Situation mac() { return mac_situation(); }

std::vector<ChangeKind> kinds(const std::vector<Change>& changes) {
  std::vector<ChangeKind> all;
  for (const Change& change : changes) all.push_back(change.kind);
  return all;
}

void each_suffices_alone(const std::vector<Change>& changes) {
  for (const Change& change : changes)
    BOOST_TEST(surely_completes(change.situation, change.workload), change.what);
}

Workload array(std::uint64_t bytes) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = AllocateUsing::calloc;
  return {{step, ""}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(windows_is_offered_what_windows_has) {
  const std::vector<Change> changes = smallest_changes(windows(), array(352800000000));
  const std::vector<ChangeKind> expected{ChangeKind::chunks, ChangeKind::reserve,
                                         ChangeKind::page_file};
  BOOST_TEST((kinds(changes) == expected));
  each_suffices_alone(changes);
  // 328.6 GiB less 5 GiB of room, and what other processes may commit meanwhile.
  BOOST_TEST(changes.back().amount == 324 * kGiB);
}

BOOST_AUTO_TEST_CASE(a_part_of_a_reservation_is_committed_up_to_the_room_that_is_left) {
  const std::vector<Change> changes = smallest_changes(windows(), array(352800000000));
  BOOST_REQUIRE(changes.size() > 1);
  BOOST_TEST(changes[1].amount <= 5 * kGiB);
  BOOST_TEST(changes[1].amount > 4 * kGiB);
}

BOOST_AUTO_TEST_CASE(a_job_limit_is_raised_by_who_made_the_job) {
  Situation situation = windows();
  situation.facts.job_process_limit_bytes.set(1 * kGiB, "test");
  const std::vector<Change> changes = smallest_changes(situation, array(2 * kGiB));
  const std::vector<ChangeKind> expected{ChangeKind::chunks, ChangeKind::reserve,
                                         ChangeKind::job_process};
  BOOST_TEST((kinds(changes) == expected));
  each_suffices_alone(changes);
}

BOOST_AUTO_TEST_CASE(macos_is_offered_no_setting_of_linux) {
  Workload used = array(352800000000);
  used.push_back({Touch{"a"}, ""});
  const std::vector<Change> changes = smallest_changes(mac(), used);
  const std::vector<ChangeKind> expected{ChangeKind::chunks, ChangeKind::memory};
  BOOST_TEST((kinds(changes) == expected));
  each_suffices_alone(changes);
}

BOOST_AUTO_TEST_CASE(a_limit_of_macos_is_raised_and_not_lowered_to_one_that_cannot_be_set) {
  Situation situation = mac();
  situation.setup.rlimits.push_back({RlimitResource::address_space, false, 420 * kGiB});
  const std::vector<Change> changes = smallest_changes(situation, array(40 * kGiB));
  BOOST_REQUIRE(!changes.empty());
  BOOST_TEST((changes.back().kind == ChangeKind::rlimit_as));
  BOOST_TEST(changes.back().amount > 430 * kGiB);
  each_suffices_alone(changes);
}

BOOST_AUTO_TEST_SUITE_END()

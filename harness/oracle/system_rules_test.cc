// SPDX-License-Identifier: Apache-2.0
// macOS and Windows as rule sets of their own. Figures are those of captured machines and of the
// reports that the rules cite.
#include "harness/oracle/system_rules.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_situation.h"

using namespace memqual;
using oracle::Situation;

namespace {

constexpr std::uint64_t kZeros = 352800000000;  // np.zeros((210000, 210000))

Situation mac() { return testing::mac_situation(); }
Situation windows() { return testing::windows_situation(); }

WorkloadStep allocate(std::uint64_t bytes, AllocateUsing using_ = AllocateUsing::calloc,
                      std::uint64_t count = 1) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = using_;
  step.count = count;
  return {step, ""};
}
WorkloadStep touch() { return {Touch{"a"}, ""}; }
WorkloadStep protect(Protection access) { return {Protect{"a", access}, ""}; }

void limit(Situation& situation, RlimitResource resource, std::uint64_t bytes) {
  situation.setup.rlimits.push_back({resource, false, bytes});
}

Prediction expect(const Situation& situation, const std::vector<WorkloadStep>& workload,
                  OutcomeKind kind, LimitingRule rule = LimitingRule::none) {
  Prediction prediction = oracle::predict(situation, workload);
  BOOST_TEST_INFO(prediction.sentence);
  BOOST_REQUIRE_EQUAL(prediction.allowed.size(), 1U);
  BOOST_TEST((prediction.allowed.front() == kind));
  BOOST_TEST(!prediction.uncertain);
  BOOST_TEST(to_word(prediction.rule) == to_word(rule));
  if (kind != OutcomeKind::completed) BOOST_TEST(!prediction.citation.empty());
  return prediction;
}

Prediction expect_open(const Situation& situation, const std::vector<WorkloadStep>& workload) {
  Prediction prediction = oracle::predict(situation, workload);
  BOOST_TEST(prediction.uncertain, prediction.sentence);
  BOOST_TEST(prediction.allowed.size() == 2U, prediction.sentence);
  return prediction;
}

bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

bool leaves_out(const Prediction& prediction, const char* part) {
  for (const std::string& what : prediction.not_modelled)
    if (has(what, part)) return true;
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(system_rules)

BOOST_AUTO_TEST_CASE(a_host_that_names_no_system_is_linux) {
  BOOST_TEST(&oracle::rules_of(HostFacts{}) == &oracle::linux_rules());
  BOOST_TEST(&oracle::rules_of(mac().facts) == &oracle::macos_rules());
  BOOST_TEST(&oracle::rules_of(windows().facts) == &oracle::windows_rules());
}

BOOST_AUTO_TEST_CASE(macos_grants_an_array_of_forty_times_its_memory) {
  const Prediction prediction = expect(mac(), {allocate(kZeros)}, OutcomeKind::completed);
  BOOST_TEST(has(prediction.sentence, "no commit limit"), prediction.sentence);
}

BOOST_AUTO_TEST_CASE(macos_refuses_what_does_not_fit_into_its_address_space) {
  expect(mac(), {allocate(126 * kTiB)}, OutcomeKind::completed);
  // The largest block seen granted (python/cpython#138552) lies inside what is open.
  expect_open(mac(), {allocate(140256418463744)});
  expect(mac(), {allocate(128 * kTiB)}, OutcomeKind::refused, LimitingRule::address_space);
}

BOOST_AUTO_TEST_CASE(libmalloc_refuses_only_the_last_pages_of_size_t) {
  expect(mac(), {allocate(~std::uint64_t{0} - 2 * 16384 + 1)}, OutcomeKind::refused,
         LimitingRule::ptrdiff_max);
  expect(mac(), {allocate(std::uint64_t{1} << 63U)}, OutcomeKind::refused,
         LimitingRule::address_space);
}

BOOST_AUTO_TEST_CASE(a_limit_below_the_map_of_a_mac_process_cannot_be_set) {
  Situation situation = mac();
  limit(situation, RlimitResource::address_space, 8 * kGiB);
  const Prediction prediction = oracle::predict(situation, {allocate(4 * kGiB)});
  BOOST_TEST(leaves_out(prediction, "EINVAL"));
  BOOST_TEST(prediction.uncertain);
}

BOOST_AUTO_TEST_CASE(a_limit_above_the_map_of_a_mac_process_holds_for_address_space) {
  Situation situation = mac();
  limit(situation, RlimitResource::address_space, 420 * kGiB);  // 30.6 GiB more than is mapped
  expect(situation, {allocate(28 * kGiB)}, OutcomeKind::completed);
  expect_open(situation, {allocate(30 * kGiB)});
  expect(situation, {allocate(33 * kGiB)}, OutcomeKind::refused, LimitingRule::rlimit_as);
  expect(situation, {allocate(33 * kGiB, AllocateUsing::mmap_none)}, OutcomeKind::refused,
         LimitingRule::rlimit_as);
}

BOOST_AUTO_TEST_CASE(before_macos_12_the_limit_of_address_space_was_not_enforced) {
  Situation situation = mac();
  situation.facts.kernel_version.set(20006, "test");
  limit(situation, RlimitResource::address_space, 420 * kGiB);
  BOOST_TEST(leaves_out(oracle::predict(situation, {allocate(kZeros)}), "before macOS 12"));
}

BOOST_AUTO_TEST_CASE(where_the_map_of_a_mac_process_is_not_known_the_band_is_wide) {
  Situation situation = mac();
  situation.facts.process_vsz_bytes = {};
  limit(situation, RlimitResource::address_space, 420 * kGiB);
  expect(situation, {allocate(8 * kGiB)}, OutcomeKind::completed);
  expect_open(situation, {allocate(40 * kGiB)});
  expect(situation, {allocate(50 * kGiB)}, OutcomeKind::refused, LimitingRule::rlimit_as);
}

BOOST_AUTO_TEST_CASE(what_a_mac_can_hold_beyond_its_memory_depends_on_the_content) {
  expect(mac(), {allocate(1 * kGiB), touch()}, OutcomeKind::completed);
  const Prediction prediction = expect_open(mac(), {allocate(4 * kGiB), touch()});
  BOOST_TEST(has(prediction.sentence, "compress"), prediction.sentence);
}

BOOST_AUTO_TEST_CASE(macos_charges_neither_mprotect_nor_fork) {
  WorkloadStep fork{Fork{1, {}}, ""};
  expect(mac(), {allocate(kZeros, AllocateUsing::mmap_none), protect(Protection::read_write), fork},
         OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(settings_of_linux_are_left_out_elsewhere) {
  for (Situation situation : {mac(), windows()}) {
    situation.facts.overcommit_memory.set(1, "scenario");
    situation.cgroup_memory_max_bytes = 1 * kGiB;
    const Prediction prediction = oracle::predict(situation, {allocate(4 * kKiB)});
    BOOST_TEST(leaves_out(prediction, "vm.overcommit_memory"));
    BOOST_TEST(leaves_out(prediction, "cgroup"));
  }
}

BOOST_AUTO_TEST_CASE(windows_refuses_what_ram_and_page_file_cannot_hold) {
  expect(windows(), {allocate(4 * kGiB)}, OutcomeKind::completed);
  expect(windows(), {allocate(kZeros)}, OutcomeKind::refused, LimitingRule::commit_limit);
}

BOOST_AUTO_TEST_CASE(windows_counts_all_commitments_together) {
  expect(windows(), {allocate(1 * kGiB, AllocateUsing::malloc, 4)}, OutcomeKind::completed);
  expect(windows(), {allocate(1 * kGiB, AllocateUsing::malloc, 40)}, OutcomeKind::refused,
         LimitingRule::commit_limit);
}

BOOST_AUTO_TEST_CASE(the_growth_of_the_page_file_is_open) {
  // 5 GiB are left, and the page file may grow by 23.
  expect_open(windows(), {allocate(20 * kGiB)});
  Situation fixed = windows();
  fixed.facts.swap_max_bytes.set(1 * kGiB, "test");
  expect(fixed, {allocate(20 * kGiB)}, OutcomeKind::refused, LimitingRule::commit_limit);
}

BOOST_AUTO_TEST_CASE(what_windows_committed_can_always_be_touched) {
  const Prediction prediction =
      expect(windows(), {allocate(4 * kGiB), touch()}, OutcomeKind::completed);
  BOOST_TEST(has(prediction.sentence, "never fails"), prediction.sentence);
}

BOOST_AUTO_TEST_CASE(a_reservation_needs_address_space_only_and_committing_it_is_charged) {
  const WorkloadStep reserve = allocate(kZeros, AllocateUsing::mmap_none);
  expect(windows(), {reserve}, OutcomeKind::completed);
  expect(windows(), {reserve, protect(Protection::read_write)}, OutcomeKind::refused,
         LimitingRule::commit_limit);
  expect(windows(), {allocate(129 * kTiB, AllocateUsing::mmap_none)}, OutcomeKind::refused,
         LimitingRule::address_space);
  expect(windows(), {reserve, touch()}, OutcomeKind::segfault, LimitingRule::protection);
}

BOOST_AUTO_TEST_CASE(windows_has_no_noreserve_and_charges_read_only_pages) {
  expect(windows(), {allocate(kZeros, AllocateUsing::mmap_noreserve)}, OutcomeKind::refused,
         LimitingRule::commit_limit);
  expect(windows(), {allocate(kZeros, AllocateUsing::mmap_readonly)}, OutcomeKind::refused,
         LimitingRule::commit_limit);
}

BOOST_AUTO_TEST_CASE(a_job_limits_what_is_committed_before_the_system_does) {
  Situation situation = windows();
  situation.facts.job_process_limit_bytes.set(1 * kGiB, "test");
  expect(situation, {allocate(512 * kMiB)}, OutcomeKind::completed);
  expect(situation, {allocate(2 * kGiB)}, OutcomeKind::refused, LimitingRule::job_memory);
  expect(situation, {allocate(2 * kGiB, AllocateUsing::mmap_none)}, OutcomeKind::completed);
  situation.facts.job_process_limit_bytes = {};
  situation.facts.job_limit_bytes.set(1 * kGiB, "test");
  expect(situation, {allocate(2 * kGiB)}, OutcomeKind::refused, LimitingRule::job_memory);
}

BOOST_AUTO_TEST_CASE(calls_that_a_system_lacks_are_left_out) {
  const WorkloadStep fork{Fork{1, {}}, ""};
  BOOST_TEST(leaves_out(oracle::predict(windows(), {fork}), "fork"));
  BOOST_TEST(leaves_out(oracle::predict(windows(), {allocate(kMiB, AllocateUsing::brk)}), "brk"));
  BOOST_TEST(leaves_out(oracle::predict(mac(), {allocate(kMiB, AllocateUsing::hugetlb)}), "huge"));
  const WorkloadStep advise{Advise{"a", Advice::dontneed}, ""};
  BOOST_TEST(leaves_out(oracle::predict(mac(), {allocate(kMiB), advise}), "madvise"));
}

BOOST_AUTO_TEST_SUITE_END()

// SPDX-License-Identifier: Apache-2.0
#include "harness/attribute/attribute.h"

#include <boost/test/unit_test.hpp>

#include "harness/attribute/testing.h"

using namespace memqual;
using namespace memqual::testing;
using Call = RefusedCall;

namespace {

constexpr std::uint64_t kLength = 100 * kMiB;

struct Row {
  const char* what;
  RefusedCall call;
  const char* pattern;  ///< own_page, hole, no_access, noreserve, shared, again, page
  std::uint64_t mode;
  LimitingRule rule;
  std::uint64_t as = 0;  ///< limits in MiB; 0: unlimited
  std::uint64_t data = 0;
};

Refusal refusal_of_row(const Row& row) {
  Refusal refusal = refusal_of(row.call, kLength, mapping_answers(row.pattern));
  for (const ProbeKind kind : {ProbeKind::mapped, ProbeKind::split, ProbeKind::split_twice})
    if (row.call == Call::protect) refusal.probes.push_back({kind, 0, ""});
  if (row.as != 0) refusal.rlimit_as_bytes = row.as * kMiB;
  if (row.data != 0) refusal.rlimit_data_bytes = row.data * kMiB;
  return refusal;
}

const std::string kLogOfCharge =
    "__vm_enough_memory: pid: 17, comm: memqual-child, bytes: 104857600 not enough memory for the "
    "allocation";

bool has(const Attribution& found, EvidenceKind kind) {
  for (const EvidenceKind known : found.evidence)
    if (known == kind) return true;
  return false;
}

Observation refused_at(std::size_t step, const Refusal& refusal) {
  Observation observation;
  observation.ending.kind = OutcomeKind::refused;
  observation.ending.step = step;
  observation.steps.resize(step + 1);
  observation.steps[step].error = ENOMEM;
  observation.steps[step].refusal = refusal;
  return observation;
}

Prediction predicted(LimitingRule rule, std::size_t step) {
  Prediction prediction;
  prediction.allowed = {OutcomeKind::refused};
  prediction.rule = rule;
  prediction.step = step;
  return prediction;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attribute_refusals)

BOOST_AUTO_TEST_CASE(a_pattern_of_answers_is_a_rule) {
  using enum LimitingRule;
  for (const Row& row : {
           Row{"count", Call::mmap, "-------", 0, map_count},
           Row{"count before AS", Call::mmap, "-------", 0, map_count, 50},
           Row{"no hole", Call::mmap, "+-----+", 0, address_space},
           Row{"no hole before AS", Call::mmap_unwritable, "+-----+", 0, address_space, 50},
           Row{"AS", Call::mmap, "++----+", 0, rlimit_as, 50},
           Row{"AS full", Call::mmap_file, "++-----", 0, rlimit_as, 3},
           Row{"AS before data", Call::malloc, "++----+", 0, rlimit_as, 50, 50},
           Row{"data", Call::mmap, "+++-+-+", 0, rlimit_data, 0, 50},
           Row{"data, malloc", Call::malloc, "+++-+-+", 2, rlimit_data, 0, 50},
           Row{"data before charge, mode 0", Call::mmap, "+++---+", 0, rlimit_data, 0, 50},
           Row{"data before charge, mode 2", Call::mmap, "+++---+", 2, rlimit_data, 0, 50},
           Row{"data in mode 1", Call::mmap_noreserve, "+++-+-+", 1, rlimit_data, 0, 50},
           Row{"data has room", Call::mmap, "+++---+", 2, overcommit_never, 0, 500},
           Row{"guess", Call::mmap, "++++--+", 0, overcommit_guess},
           Row{"guess, shared", Call::mmap_shared, "++++--+", 0, overcommit_guess},
           Row{"never", Call::mmap, "+++----", 2, overcommit_never},
           Row{"never, NORESERVE", Call::mmap_noreserve, "+++---+", 2, overcommit_never},
           Row{"shared is no data", Call::mmap_shared, "+++---+", 2, overcommit_never, 0, 50},
           Row{"brk: data before count", Call::brk, "-------", 0, rlimit_data, 0, 50},
           Row{"brk: AS before count", Call::brk, "-------", 0, rlimit_as, 50},
           Row{"brk: count before charge", Call::brk, "-------", 0, map_count},
           Row{"protect: data", Call::protect, "..+-+-", 0, rlimit_data, 0, 50},
           Row{"protect: charge", Call::protect, "..++--", 0, overcommit_guess},
           Row{"protect: charge, AS full", Call::protect, "..----", 2, overcommit_never, 50, 50},
       }) {
    const Attribution found = attribute(refusal_of_row(row), ENOMEM, {}, host_in_mode(row.mode));
    BOOST_TEST(to_word(found.rule) == to_word(row.rule), row.what << ": " << found.sentence);
    BOOST_TEST(!found.evidence.empty(), row.what);
  }
}

BOOST_AUTO_TEST_CASE(questions_about_a_range_tell_its_rules_apart) {
  using enum ProbeKind;
  struct Range {
    RefusedCall call;
    int error;
    std::vector<std::pair<ProbeKind, int>> answers;
    LimitingRule rule;
  };
  for (const Range& row : {
           Range{Call::lock, EPERM, {{lock_page, EPERM}}, LimitingRule::memlock},
           Range{Call::lock,
                 ENOMEM,
                 {{lock_page, ENOMEM}, {lock_on_fault, ENOMEM}, {mapped, 0}},
                 LimitingRule::memlock},
           Range{Call::lock,
                 ENOMEM,
                 {{lock_page, 0}, {lock_on_fault, 0}, {mapped, 0}, {split, 0}},
                 LimitingRule::protection},
           Range{Call::advise, ENOMEM, {{mapped, ENOMEM}, {split, 0}}, LimitingRule::protection},
           Range{Call::advise,
                 EAGAIN,
                 {{mapped, 0}, {split, ENOMEM}, {split_twice, ENOMEM}},
                 LimitingRule::map_count},
           Range{Call::protect,
                 ENOMEM,
                 {{mapped, 0}, {split, 0}, {split_twice, ENOMEM}, {no_access, ENOMEM}},
                 LimitingRule::map_count},
       }) {
    Refusal refusal = refusal_of(row.call, kLength, row.answers);
    refusal.rlimit_memlock_bytes = 64 * kKiB;
    const Attribution found = attribute(refusal, row.error, {}, host_in_mode(1));
    BOOST_TEST(to_word(found.rule) == to_word(row.rule), found.sentence);
  }
}

BOOST_AUTO_TEST_CASE(fork_is_refused_for_its_charge_where_vfork_is_granted) {
  Refusal refusal = refusal_of(Call::fork, kLength, {{ProbeKind::vfork, 0}});
  BOOST_TEST(
      (attribute(refusal, ENOMEM, {}, host_in_mode(0)).rule == LimitingRule::overcommit_guess));
  BOOST_TEST(
      (attribute(refusal, ENOMEM, {}, host_in_mode(2)).rule == LimitingRule::overcommit_never));
  const Attribution processes = attribute(refusal, EAGAIN, {}, host_in_mode(0));
  BOOST_TEST((processes.rule == LimitingRule::none));
  BOOST_TEST(processes.sentence.find("number of processes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_pool_without_pages_and_a_library_that_does_not_ask) {
  auto answers = mapping_answers("+++++++");
  answers.emplace_back(ProbeKind::hugetlb_noreserve, 0);
  const Refusal pool = refusal_of(Call::mmap_hugetlb, kLength, answers);
  BOOST_TEST((attribute(pool, ENOMEM, {}, host_in_mode(0)).rule == LimitingRule::hugetlb_pool));
  const Refusal asked = refusal_of(Call::malloc, 1ULL << 63U, mapping_answers("+-----+"));
  BOOST_TEST((attribute(asked, ENOMEM, {}, host_in_mode(0)).rule == LimitingRule::address_space));
  const Refusal library = refusal_of(Call::malloc, 1ULL << 63U, {});
  BOOST_TEST((attribute(library, ENOMEM, {}, host_in_mode(0)).rule == LimitingRule::ptrdiff_max));
}

BOOST_AUTO_TEST_CASE(the_kernel_log_confirms_the_call_it_names_and_no_other) {
  const Refusal refusal = refusal_of(Call::mmap, kLength, mapping_answers("++++--+"));
  const Attribution confirmed = attribute(refusal, ENOMEM, {kLogOfCharge}, host_in_mode(0));
  BOOST_TEST(has(confirmed, EvidenceKind::probes));
  BOOST_TEST(has(confirmed, EvidenceKind::kernel_log));
  std::string of_probe = kLogOfCharge;
  of_probe.replace(of_probe.find("memqual-child"), 13, "memqual-probe");
  std::string of_other = kLogOfCharge;
  of_other.replace(of_other.find("104857600"), 9, "4096");
  const Attribution silent = attribute(refusal, ENOMEM, {of_probe, of_other}, host_in_mode(0));
  BOOST_TEST(has(silent, EvidenceKind::probes));
  BOOST_TEST(!has(silent, EvidenceKind::kernel_log));
}

BOOST_AUTO_TEST_CASE(what_passed_before_it_was_asked_is_told_by_the_log_or_by_what_is_left) {
  const Refusal refusal = refusal_of(Call::mmap, kLength, mapping_answers("+++++++"));
  const Attribution left = attribute(refusal, ENOMEM, {}, host_in_mode(2));
  BOOST_TEST((left.rule == LimitingRule::overcommit_never));
  BOOST_TEST(left.sentence.find("every other rule") != std::string::npos);
  const Attribution said = attribute(refusal, ENOMEM, {kLogOfCharge}, host_in_mode(0));
  BOOST_TEST((said.rule == LimitingRule::overcommit_guess));
  BOOST_TEST((said.evidence == std::vector{EvidenceKind::kernel_log}));
  const Attribution none = attribute(refusal, ENOMEM, {}, host_in_mode(0));
  BOOST_TEST((none.rule == LimitingRule::none));
  BOOST_TEST(none.evidence.empty());
  BOOST_TEST(none.sentence == "undecided: the same request was granted right afterwards");
}

BOOST_AUTO_TEST_CASE(the_cause_is_found_without_the_prediction_and_then_compared) {
  const Refusal refusal = refusal_of(Call::mmap, kLength, mapping_answers("++++--+"));
  const Observation observation = refused_at(1, refusal);
  const HostFacts facts = host_in_mode(0);
  Prediction same = predicted(LimitingRule::overcommit_guess, 1);
  Prediction other = predicted(LimitingRule::rlimit_as, 1);
  Prediction open = other;
  open.uncertain = true;
  Prediction open_rule = other;
  open_rule.rule_is_open = true;
  Prediction elsewhere = predicted(LimitingRule::overcommit_guess, 0);
  for (const auto& [prediction, agreement] :
       {std::pair{&same, RuleAgreement::agrees}, std::pair{&other, RuleAgreement::differs},
        std::pair{&open, RuleAgreement::not_compared},
        std::pair{&open_rule, RuleAgreement::not_compared},
        std::pair{&elsewhere, RuleAgreement::not_compared}}) {
    const auto found = attribute_case(observation, facts, prediction);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST((found->rule == LimitingRule::overcommit_guess));
    BOOST_TEST(to_word(found->agreement) == to_word(agreement));
  }
}

BOOST_AUTO_TEST_CASE(only_a_refusal_with_questions_has_a_cause) {
  Observation observation =
      refused_at(0, refusal_of(Call::mmap, kLength, mapping_answers("++++--+")));
  observation.steps[0].refusal.reset();
  BOOST_TEST(!attribute_case(observation, host_in_mode(0), nullptr).has_value());
  observation.ending.kind = OutcomeKind::completed;
  BOOST_TEST(!attribute_case(observation, host_in_mode(0), nullptr).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

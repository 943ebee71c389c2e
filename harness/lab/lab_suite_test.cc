// SPDX-License-Identifier: Apache-2.0
// The whole suite of the lab, and the oracle under each kernel. Minutes: `./dev test -L lab`.
// Skipped where QEMU or one of the kernels is not here.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "harness/lab/guests/testing.h"
#include "scenarios/model/record_codec.h"

namespace memqual {
namespace {

using testing::Ended;

struct SuiteGate {
  SuiteGate() {
    std::vector<std::string> names;
    for (const DebianKernel& kernel : debian_kernels()) names.push_back(kernel.name);
    testing::skip_without_guests("the lab's suite was not run", names);
  }
};
BOOST_TEST_GLOBAL_FIXTURE(SuiteGate);

struct Lab : testing::LabSandbox {
  Lab() { set("MEMQUAL_MACHINES", std::string(MEMQUAL_SOURCE_DIR) + "/harness/lab/machines"); }

  /// The record of a run; what did not pass is told.
  RunRecord run_record(std::vector<std::string> arguments, int& code) {
    arguments.insert(arguments.end(), {"--quiet", "--report", "json=" + path("r.json")});
    const Ended ended = run(arguments);
    code = ended.code;
    BOOST_REQUIRE_MESSAGE(exists("r.json"), ended.out << ended.err);
    Result<RunRecord> record = decode_run_record(read("r.json"));
    if (!record) BOOST_FAIL(record.error().message);
    return *std::move(record);
  }
};

void check_nothing_failed(const RunRecord& record) {
  for (const CaseRecord& entry : record.cases) {
    const CaseStatus status = entry.verdict.status;
    BOOST_TEST((status == CaseStatus::pass || status == CaseStatus::unsupported),
               entry.id << ": " << entry.verdict.reason << "; " << entry.verdict.hint);
  }
}

/// A machine may be too large for the host it is to run on; nothing else excuses a case.
bool is_too_large(const CaseRecord& entry) {
  return entry.verdict.status == CaseStatus::unsupported &&
         (testing::has(entry.verdict.reason, "more than the budget") ||
          testing::has(entry.verdict.reason, "of swap, and disks in"));
}

void check_predictions(const RunRecord& record) {
  for (const CaseRecord& entry : record.cases)
    for (const Attempt& attempt : entry.attempts)
      BOOST_TEST((agreement_of(attempt) != Agreement::mismatch),
                 entry.id << ": predicted " << attempt.prediction->sentence << "; seen "
                          << describe_ending(*attempt.observation));
}

std::string kernel_of(const CaseRecord& entry) {
  const std::string word = entry.machine.value_or("");
  const std::size_t at = word.find('@');
  return at == std::string::npos ? "debian-6.1" : word.substr(at + 1);
}

/// Cases whose outcome a rule decided, by kernel: the columns of docs/oracle.md.
void print_by_rule(const RunRecord& record) {
  std::map<std::string, std::map<std::string, RunRecord>> parts;
  std::set<std::string> kernels;
  for (const CaseRecord& entry : record.cases)
    for (const Attempt& attempt : entry.attempts) {
      if (!attempt.prediction || !attempt.observation) continue;
      kernels.insert(kernel_of(entry));
      parts[std::string(to_word(attempt.prediction->rule))][kernel_of(entry)]
          .cases.emplace_back()
          .attempts = {attempt};
    }
  std::cout << "right, uncertain, mismatch\n| rule |";
  for (const std::string& kernel : kernels) std::cout << " " << kernel << " |";
  for (auto& [rule, by_kernel] : parts) {
    std::cout << "\n| " << rule << " |";
    for (const std::string& kernel : kernels) {
      const OracleScore score = score_oracle(by_kernel[kernel]);
      std::cout << " " << score.right << ", " << score.uncertain << ", " << score.mismatch << " |";
    }
  }
  std::cout << std::endl;
}

BOOST_AUTO_TEST_SUITE(lab_suite)

BOOST_FIXTURE_TEST_CASE(every_case_of_the_suite_passes_on_its_machine, Lab) {
  int code = -1;
  const RunRecord record = run_record({"lab", "run"}, code);
  BOOST_TEST(code == 0);
  check_nothing_failed(record);
  for (const CaseRecord& entry : record.cases) {
    if (entry.verdict.status != CaseStatus::unsupported) continue;
    BOOST_TEST(is_too_large(entry), entry.id << ": " << entry.verdict.reason);
    std::cout << "SKIPPED: " << entry.id << ": " << entry.verdict.reason << std::endl;
  }
  check_predictions(record);
}

BOOST_FIXTURE_TEST_CASE(memory_that_comes_during_a_case_makes_it_inconclusive, Lab) {
  int code = -1;
  const RunRecord record = run_record({"lab", "run", "lab_self"}, code);
  BOOST_TEST(code == 3);
  BOOST_TEST(!record.cases.empty());
  for (const CaseRecord& entry : record.cases) {
    BOOST_TEST((entry.verdict.status == CaseStatus::error), entry.id);
    BOOST_TEST(testing::has(entry.verdict.reason, "inconclusive"), entry.verdict.reason);
    BOOST_TEST(testing::has(entry.verdict.reason, "mem_total"), entry.verdict.reason);
  }
}

BOOST_FIXTURE_TEST_CASE(predictions_hold_under_each_kernel, Lab) {
  int code = -1;
  std::string machines = "lab:";
  for (const DebianKernel& kernel : debian_kernels())
    machines += (machines.ends_with(':') ? "" : ",") + ("one-numa-node-full@" + kernel.name);
  const RunRecord record = run_record(
      {"run", "overcommit", "rlimit", "cgroup", "numa", "paging", "--on", machines}, code);
  BOOST_TEST(code == 0);
  check_nothing_failed(record);
  check_predictions(record);
  print_by_rule(record);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual

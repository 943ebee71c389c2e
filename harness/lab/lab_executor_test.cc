// SPDX-License-Identifier: Apache-2.0
// Guests are played by a script in QEMU's place, whose every start has a file of its own to say.
#include "harness/lab/lab_executor.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "fixtures/testing.h"
#include "harness/lab/lab_line.h"
#include "harness/lab/testing.h"
#include "harness/spawn/run_process.h"

namespace memqual {
namespace {

using testing::attempt_message;
using testing::facts_message;

const std::string kHello = "hello " + std::to_string(kLabProtocol) + " 1.0";

Machine machine(const std::string& name, std::uint64_t swap_bytes = 0) {
  Machine made;
  made.name = name;
  made.nodes = {{512 * kMiB, 1, {}, 0}};
  made.swap_bytes = swap_bytes;
  return made;
}

Case case_on(const std::string& word) {
  Case test_case;
  test_case.scenario = "a";
  test_case.timeout_ms = 1000;
  if (!word.empty()) test_case.environment.machine = word;
  set_identity(test_case);
  return test_case;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct FakeLab {
  FakeLab() {
    // Each start takes the next number, and says what is in the file of that number.
    options.qemu = path("qemu");
    testing::write_file(options.qemu, "#!/bin/sh\ncd " + folder.path().string() +
                                          "\necho boot >> events\nn=$(wc -l < boots)\n"
                                          "echo >> boots\n. ./script-$n\n");
    testing::write_file(path("boots"), "");
    testing::write_file(path("events"), "");
    ::chmod(options.qemu.c_str(), 0700);
    options.program = *find_program("true");
    options.child = options.program;
    options.kernel = path("kernel");
    testing::write_file(options.kernel, "");
    options.library.machines = {machine("one"), machine("two")};
    options.tool_version = "1.0";
    options.work_parent = folder.path();
    options.disk_bytes = kGiB;
    options.memory_budget_bytes = guest_cost_bytes(machine("one"), 512 * kMiB);
    options.touch_bytes = kGiB;
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
  std::string events() const { return testing::read_file(path("events")); }

  /// The next start of QEMU says these lines, and `script` follows.
  void next_guest(const std::vector<std::string>& lines, const std::string& script) {
    const std::string number = std::to_string(scripts_++);
    std::string stream;
    std::uint64_t line_number = 0;
    for (const std::string& line : lines) stream += encode_lab_line({++line_number, line});
    testing::write_file(path("stream-" + number), stream);
    testing::write_file(path("script-" + number), "cat stream-" + number + "\n" + script + "\n");
  }
  void next_guest_answers(unsigned cases) {
    std::vector<std::string> lines{kHello, facts_message()};
    lines.insert(lines.end(), cases, attempt_message(CaseStatus::pass));
    next_guest(lines, "exec sleep 100");
  }
  LabHost& lab() {
    if (!host_) {
      Result<std::unique_ptr<LabHost>> made = LabHost::make(options);
      BOOST_REQUIRE_MESSAGE(made.ok(), (made ? "" : to_string(made.error())));
      host_ = *std::move(made);
    }
    return *host_;
  }
  static Verdict run(Executor& executor, const std::string& word) {
    PlannedCase planned;
    planned.test_case = case_on(word);
    return executor.execute(planned, 1).verdict;
  }
  Verdict planned(const std::string& word) const {
    return make_lab_plan({case_on(word)}, options).front().not_run.value_or(Verdict{});
  }

  testing::TempDir folder;
  LabOptions options;

 private:
  unsigned scripts_ = 0;
  std::unique_ptr<LabHost> host_;
};

BOOST_AUTO_TEST_SUITE(lab_executor)

BOOST_FIXTURE_TEST_CASE(one_guest_serves_the_cases_of_its_machine, FakeLab) {
  next_guest_answers(2);
  next_guest_answers(1);
  const auto executor = make_lab_executor(lab());
  BOOST_TEST((run(*executor, "one").status == CaseStatus::pass));
  BOOST_TEST((run(*executor, "one").status == CaseStatus::pass));
  BOOST_TEST(events() == "boot\n");
  BOOST_TEST((run(*executor, "two").status == CaseStatus::pass));
  BOOST_TEST(events() == "boot\nboot\n");
  BOOST_REQUIRE(lab().machines().size() == 2U);
  BOOST_TEST(lab().machines()[0].boots == 1U);
  BOOST_TEST(lab().machines()[0].accelerator == "tcg");
}

BOOST_FIXTURE_TEST_CASE(a_lost_guest_is_the_error_of_its_case_and_of_no_other, FakeLab) {
  next_guest({kHello, facts_message()}, "exit 7");
  next_guest_answers(1);
  const auto executor = make_lab_executor(lab());
  const Verdict lost = run(*executor, "one");
  BOOST_TEST((lost.status == CaseStatus::error));
  BOOST_TEST(has(lost.reason, "the guest one is lost"), lost.reason);
  BOOST_TEST((run(*executor, "one").status == CaseStatus::pass));
  BOOST_TEST(lab().machines().front().boots == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_boot_that_fails_is_tried_once_more, FakeLab) {
  next_guest({}, "exit 1");
  next_guest_answers(1);
  const auto executor = make_lab_executor(lab());
  BOOST_TEST((run(*executor, "one").status == CaseStatus::pass));
  BOOST_TEST(lab().machines().front().failed_boots == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_machine_that_fails_twice_is_given_up_and_others_are_not, FakeLab) {
  next_guest({}, "exit 1");
  next_guest({}, "echo no room >&2; exit 1");
  next_guest_answers(1);
  const auto executor = make_lab_executor(lab());
  for (int i = 0; i < 2; ++i) {
    const Verdict verdict = run(*executor, "one");
    BOOST_TEST((verdict.status == CaseStatus::error));
    BOOST_TEST(has(verdict.reason, "no room"), verdict.reason);
  }
  BOOST_TEST(events() == "boot\nboot\n");
  BOOST_TEST((run(*executor, "two").status == CaseStatus::pass));
}

BOOST_FIXTURE_TEST_CASE(a_guest_waits_until_the_host_has_room_for_it, FakeLab) {
  next_guest_answers(2);
  next_guest_answers(1);
  auto first = make_lab_executor(lab());
  BOOST_TEST((run(*first, "one").status == CaseStatus::pass));
  std::thread second([&] {
    const auto executor = make_lab_executor(lab());
    BOOST_TEST((run(*executor, "two").status == CaseStatus::pass));
  });
  BOOST_TEST((run(*first, "one").status == CaseStatus::pass));
  BOOST_TEST(events() == "boot\n");
  testing::write_file(path("events"), events() + "left\n");
  first.reset();
  second.join();
  BOOST_TEST(events() == "boot\nleft\nboot\n");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_run_is_planned_as_such_with_the_way_out, FakeLab) {
  options.library.machines = {machine("one"), machine("swaps", 2 * kGiB)};
  options.library.broken["bad"] = {"bad.yaml:4:9: no", ""};
  BOOST_TEST(!make_lab_plan({case_on("one")}, options).front().not_run.has_value());
  struct Row {
    const char* word;
    const char* reason;
  };
  for (const Row& row : {Row{"", "names no machine"}, Row{"ones", "did you mean \"one\""},
                         Row{"bad", "bad.yaml:4:9"}, Row{"swaps", "2 GiB of swap"},
                         Row{"one@debian-6.2", "debian-6.2"}}) {
    const Verdict verdict = planned(row.word);
    BOOST_TEST((verdict.status == CaseStatus::unsupported));
    BOOST_TEST(has(verdict.reason, row.reason), verdict.reason);
  }
  options.memory_budget_bytes -= 1;
  BOOST_TEST(has(planned("one").reason, "more than the budget"), planned("one").reason);
  options.kernel = path("none");
  BOOST_TEST(has(planned("one").reason, "no kernel image for"), planned("one").reason);
}

BOOST_FIXTURE_TEST_CASE(disks_in_memory_are_memory, FakeLab) {
  options.library.machines = {machine("swaps", kGiB)};
  BOOST_TEST(planned("swaps").reason == "");
  options.disks_in_memory = true;
  const Verdict verdict = planned("swaps");
  BOOST_TEST(has(verdict.reason, "because TMPDIR is in memory"), verdict.reason);
  BOOST_TEST(has(verdict.hint, "TMPDIR"), verdict.hint);
}

BOOST_FIXTURE_TEST_CASE(the_command_that_repeats_a_case_names_the_kernel, FakeLab) {
  const PlannedCase planned = make_lab_plan({case_on("one")}, options).front();
  BOOST_TEST(planned.repeat_options == " --kernel " + path("kernel"));
}

BOOST_AUTO_TEST_CASE(a_guest_is_replaced_where_it_holds_more_than_its_share) {
  LabOptions options;
  options.touch_bytes = kGiB;
  Machine large = machine("large");
  large.nodes[0].memory_bytes = 64 * kGiB;
  const std::uint64_t share = guest_cost_bytes(large, kGiB);
  BOOST_TEST(share_of_host(large, options) == share);
  // One that may be used up is bounded by its own size.
  BOOST_TEST(share_of_host(machine("small"), options) > 1024 * kTiB);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual

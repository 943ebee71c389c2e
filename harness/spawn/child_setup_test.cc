// SPDX-License-Identifier: Apache-2.0
// Settings that the case gives itself, seen from inside by a command it runs.
#include <fcntl.h>

#include <sstream>

#include "harness/spawn/parent_process.h"
#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

std::string output_of(const ChildSetup& setup, const std::string& script) {
  const Seen seen = run_shell(script, {}, setup);
  BOOST_TEST(seen.ending() == "completed");
  return seen.step(0).output;
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace

BOOST_AUTO_TEST_SUITE(child_setup)

BOOST_AUTO_TEST_CASE(limits_are_applied_soft_and_hard) {
  ChildSetup setup;
  setup.rlimits = {{RlimitResource::address_space, false, kGiB + 4096},
                   {RlimitResource::data, false, kGiB + 8192},
                   {RlimitResource::stack, false, 1024 * 1024},
                   {RlimitResource::memlock, false, 65536},
                   {RlimitResource::core, false, 0},
                   {RlimitResource::nproc, false, 3000},
                   {RlimitResource::nofile, false, 64}};
  std::istringstream lines(output_of(setup, "cat /proc/self/limits"));
  std::map<std::string, std::string> seen;
  for (std::string line; std::getline(lines, line);)
    if (line.size() > 50) {
      std::istringstream values(line.substr(26));
      std::string soft, hard;
      values >> soft >> hard;
      seen[line.substr(0, line.find("  "))] = soft + " " + hard;
    }
  const std::map<std::string, std::string> wanted{{"Max address space", "1073745920 1073745920"},
                                                  {"Max data size", "1073750016 1073750016"},
                                                  {"Max stack size", "1048576 1048576"},
                                                  {"Max locked memory", "65536 65536"},
                                                  {"Max core file size", "0 0"},
                                                  {"Max processes", "3000 3000"},
                                                  {"Max open files", "64 64"}};
  for (const auto& [name, value] : wanted) BOOST_TEST(seen[name] == value, name << seen[name]);
}

BOOST_AUTO_TEST_CASE(an_address_space_limit_refuses_what_lies_above_it) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.rlimits = {{RlimitResource::address_space, false, 128 * kMiB}};
  program.workload = {allocate("a", "64 MiB"), allocate("b", "64 MiB", AllocateUsing::malloc)};
  const Seen seen = run_program(launcher, program);
  BOOST_TEST(seen.ending().starts_with("refused (ENOMEM)"), seen.ending());
  BOOST_TEST(seen.observation().ending.step.value_or(9) == 1u);
  // The limit was the case's own: the next case of the same launcher has none.
  program.setup.rlimits.clear();
  BOOST_TEST(run_program(launcher, program).ending() == "completed");
}

// What a case's process owns when its first step begins.
static ProcessBaseline baseline_of(ChildLauncher& launcher, const ChildProgram& program) {
  ProcessBaseline baseline;
  LaunchOptions options;
  options.started = [&](const ProcessBaseline& measured) { baseline = measured; };
  run_program(launcher, program, options);
  BOOST_TEST(baseline.is_measured());
  return baseline;
}

BOOST_AUTO_TEST_CASE(the_process_says_what_it_owns_before_its_first_step_to_the_page) {
  ChildLauncher launcher = start_launcher();
  for (const RlimitResource resource : {RlimitResource::address_space, RlimitResource::data}) {
    ChildProgram program;
    program.setup.rlimits = {{resource, false, kGiB}};
    program.workload = {allocate("a", "64 MiB")};
    const ProcessBaseline baseline = baseline_of(launcher, program);
    BOOST_TEST(baseline.data_bytes < baseline.vsz_bytes);
    const bool is_data = resource == RlimitResource::data;
    program.setup.rlimits[0].value =
        64 * kMiB + (is_data ? baseline.data_bytes : baseline.vsz_bytes);
    BOOST_TEST(run_program(launcher, program).ending() == "completed");
    program.setup.rlimits[0].value -= 4096;
    BOOST_TEST(run_program(launcher, program).ending().starts_with("refused (ENOMEM)"));
  }
}

BOOST_AUTO_TEST_CASE(mappings_are_counted_before_the_first_step) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.workload = {command({"sh", "-c", "grep -vc vsyscall /proc/$PPID/maps"})};
  const ProcessBaseline baseline = baseline_of(launcher, program);
  BOOST_TEST(run_program(launcher, program).step(0).output ==
             std::to_string(baseline.map_count) + "\n");
}

BOOST_AUTO_TEST_CASE(a_case_without_descriptors_still_allocates_touches_and_reports) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.rlimits = {{RlimitResource::nofile, false, 0}};
  program.workload = {allocate("a", "4 MiB"), touch("a"), step(Free{"a"})};
  const Seen seen = run_program(launcher, program);
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(1).rss_bytes > 4 * kMiB);
  BOOST_TEST(*seen.observation().rss_peak_bytes.value > 4 * kMiB);
  program.workload = {command({"true"})};
  BOOST_TEST(contains(run_program(launcher, program).trouble(), "EMFILE"));
  program.setup.rlimits[0].value = 16;
  BOOST_TEST(run_program(launcher, program).ending() == "completed");
}

BOOST_AUTO_TEST_CASE(a_limit_above_the_hard_limit_is_unsupported_for_an_ordinary_user) {
  if (is_root()) return;  // root may raise every limit
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.rlimits = {{RlimitResource::memlock, true, 0}};
  program.workload = {allocate("a", "1 MiB")};
  const Seen seen = run_program(launcher, program);
  if (seen.result.observation) {
    std::cout << "SKIPPED: the hard limit of locked memory is unlimited here\n";
    return;
  }
  BOOST_TEST(contains(seen.trouble(), "unsupported: cannot set RLIMIT_MEMLOCK to unlimited: EPERM"),
             seen.trouble());
}

BOOST_AUTO_TEST_CASE(variables_and_oom_score_reach_the_command) {
  ChildSetup setup;
  setup.oom_score_adj = 777;
  setup.variables = {{"MEMQUAL_A", "two words = \"x\" %41\nand a line"}, {"MEMQUAL_EMPTY", ""}};
  BOOST_TEST(output_of(setup, "printf '%s' \"$MEMQUAL_A\"") == setup.variables["MEMQUAL_A"]);
  BOOST_TEST(output_of(setup, "echo ${MEMQUAL_EMPTY-unset}") == "\n");
  BOOST_TEST(output_of(setup, "cat /proc/self/oom_score_adj") == "777\n");
  BOOST_TEST(output_of({}, "cat /proc/self/oom_score_adj") == "1000\n");
}

BOOST_AUTO_TEST_CASE(an_unprivileged_user_has_neither_ids_nor_capabilities_of_root) {
  if (!is_root()) {
    std::cout << "SKIPPED: only root can change the user\n";
    return;
  }
  ChildSetup setup;
  setup.uid = 65534;
  setup.gid = 65533;
  BOOST_TEST(output_of(setup,
                       "grep -E '^(Uid|Gid|Groups|CapPrm|CapEff):' /proc/self/status | "
                       "tr -s '\\t ' ' '") ==
             "Uid: 65534 65534 65534 65534\nGid: 65533 65533 65533 65533\nGroups: \n"
             "CapPrm: 0000000000000000\nCapEff: 0000000000000000\n");
  ChildLauncher launcher = start_launcher();
  setup.rlimits = {{RlimitResource::memlock, false, 64 * kKiB}};
  const std::vector<WorkloadStep> lock{allocate("a", "1 MiB"), step(Lock{"a"})};
  const Seen refused = run_program(launcher, {setup, lock});
  BOOST_TEST(refused.ending().starts_with("refused (ENOMEM)"), refused.ending());
  setup.uid.reset();
  BOOST_TEST(run_program(launcher, {setup, lock}).ending() == "completed");
}

BOOST_AUTO_TEST_CASE(an_ordinary_user_cannot_become_another_one) {
  if (is_root()) return;  // the case above is root's
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.uid = 65533;
  program.workload = {allocate("a", "1 MiB")};
  BOOST_TEST(contains(run_program(launcher, program).trouble(), "unsupported: cannot set user"));
}

BOOST_AUTO_TEST_CASE(without_randomisation_a_fresh_image_lies_at_the_same_place_each_time) {
  constexpr const char* kHeap = "grep -m1 heap /proc/$PPID/maps | cut -d- -f1";
  ChildSetup setup;
  setup.fresh_image = true;
  std::ifstream file("/proc/sys/kernel/randomize_va_space");
  if (int randomize = 0; file >> randomize && randomize < 2) {
    std::cout << "SKIPPED: this machine does not randomise the heap\n";
    return;
  }
  const std::string randomised = output_of(setup, kHeap);
  BOOST_TEST(randomised.size() > 6u);
  BOOST_TEST(output_of(setup, kHeap) != randomised);
  setup.disable_aslr = true;
  const std::string fixed = output_of(setup, kHeap);
  BOOST_TEST(fixed.size() > 6u);
  BOOST_TEST(output_of(setup, kHeap) == fixed);
  BOOST_TEST(output_of(setup, "cat /proc/self/personality") == "00040000\n");
}

BOOST_AUTO_TEST_CASE(nothing_that_the_harness_has_open_is_inherited) {
  const int kept = ::open("/proc/self/exe", O_RDONLY);  // on purpose without O_CLOEXEC
  BOOST_REQUIRE(kept >= 0);
  for (const bool fresh_image : {false, true}) {
    ChildSetup setup;
    setup.fresh_image = fresh_image;
    // 3 is the folder that ls reads.
    BOOST_TEST(output_of(setup, "ls /proc/self/fd") == "0\n1\n2\n3\n");
    const std::string in_case = output_of(setup, "ls -l /proc/$PPID/fd");
    BOOST_TEST(!contains(in_case, "spawn_host_test"), in_case);
  }
  ChildLauncher launcher = start_launcher();
  std::string in_launcher;
  LaunchOptions options;
  options.admit = [&](std::int64_t pid) {
    const std::string folder = "/proc/" + std::to_string(parent_process(pid).value_or(0)) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      in_launcher += std::filesystem::read_symlink(entry.path()).string() + "\n";
    return done();
  };
  run_workload(launcher, {allocate("a", "1 MiB")}, options);
  ::close(kept);
  BOOST_TEST(contains(in_launcher, "memqual-progress"), in_launcher);
  BOOST_TEST(!contains(in_launcher, "spawn_host_test"), in_launcher);
}

BOOST_AUTO_TEST_CASE(a_program_of_900_kib_arrives_whole_and_one_above_a_mib_is_refused) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  for (int i = 0; i < 9; ++i)
    program.setup.variables["V" + std::to_string(i)] =
        std::string(100000, static_cast<char>('a' + i));
  program.workload = {command({"sh", "-c", "echo ${#V0} ${#V8}; printf %s $V8 | tail -c 3"})};
  for (const bool fresh_image : {false, true}) {
    program.setup.fresh_image = fresh_image;
    const Seen seen = run_program(launcher, program);
    BOOST_TEST(seen.ending() == "completed");
    BOOST_TEST(seen.step(0).output == "100000 100000\niii");
  }
  program.setup.variables["W"] = std::string(200000, 'w');
  const Result<std::string> encoded = wire::encode_program(program);
  BOOST_TEST(!encoded.ok());
}

BOOST_AUTO_TEST_SUITE_END()

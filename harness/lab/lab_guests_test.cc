// SPDX-License-Identifier: Apache-2.0
// Real guests: the built program boots machines with a kernel of `memqual lab fetch`. Skipped where
// QEMU or the kernel is not here.
#include <poll.h>
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "harness/lab/guests/testing.h"
#include "harness/lab/lab_executor.h"
#include "harness/lab/machine_library.h"
#include "harness/spawn/rss_sampler.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

using testing::Ended;
using testing::has;

struct LabGate {
  LabGate() { testing::skip_without_guests("no guests", {"debian-6.1"}); }
};
BOOST_TEST_GLOBAL_FIXTURE(LabGate);

struct Lab : testing::LabSandbox {
  Lab() {
    write("m/small-512m.yaml", machine("small-512m", ""));
    write("m/panics.yaml", machine("panics", "kernel_arguments: [rdinit=/none, root=/dev/none]\n"));
    write("m/less.yaml", machine("less", "kernel_arguments: [mem=400M]\n"));
    write("m/starves.yaml", machine("starves", "kernel_arguments: [mem=96M]\n"));
    set("MEMQUAL_MACHINES", path("m"));
    write("hello.yaml", testing::kHello);
  }
  static std::string machine(const std::string& name, const std::string& rest) {
    return "schema_version: 1\nname: " + name + "\nsummary: x\nmemory: 512 MiB\n" + rest;
  }
  std::vector<std::string> on(const std::string& name, const std::string& report) const {
    return {"run", path("hello.yaml"), "--on", "lab:" + name, "--report", "json=" + path(report)};
  }
};

/// QEMU processes whose command line names `folder`.
std::vector<pid_t> guests_in(const std::string& folder) {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string line = testing::read_file(entry.path() / "cmdline");
    if (has(line, "qemu-system") && has(line, folder)) pids.push_back(std::stoi(name));
  }
  return pids;
}

/// Until a guest of 512 MiB holds the 200 MiB that its case touches: 320 MiB were the most without,
/// 474 MiB with them.
void wait_for_its_case(pid_t guest) {
  for (int i = 0; i < 6000 && read_resident_bytes(guest) < 420 * kMiB; ++i) ::poll(nullptr, 0, 10);
}

BOOST_AUTO_TEST_SUITE(lab_guests)

BOOST_FIXTURE_TEST_CASE(a_case_runs_in_a_guest_and_the_report_says_where, Lab) {
  const Ended ended = run(on("small-512m", "r.json"));
  BOOST_REQUIRE_MESSAGE(ended.code == 0, ended.out << ended.err);
  const auto report = read_json("r.json");
  BOOST_TEST(report["cases"][0]["machine"] == "small-512m");
  BOOST_TEST(report["cases"][0]["verdict"]["status"] == "PASS");
  BOOST_TEST(report["machines"][0]["name"] == "small-512m");
  const auto& host = report["machines"][0]["host"];
  BOOST_TEST(has(host["kernel_release"]["value"].get<std::string>(), "6.1."));
  BOOST_TEST(host["mem_total_bytes"]["value"].get<std::uint64_t>() < 512u << 20);
  BOOST_TEST(guests_in(path("")).empty());
}

BOOST_FIXTURE_TEST_CASE(a_kernel_that_panics_is_an_error_with_its_last_words, Lab) {
  const Ended ended = run(on("panics", "r.json"));
  BOOST_TEST(ended.code == 3);
  const auto report = read_json("r.json");
  const auto& verdict = report["cases"][0]["verdict"];
  BOOST_TEST(verdict["status"] == "ERROR");
  BOOST_TEST(has(verdict["reason"].get<std::string>(), "its kernel panicked"));
  BOOST_TEST(has(verdict["hint"].get<std::string>(), "Kernel panic - not syncing"));
}

BOOST_FIXTURE_TEST_CASE(a_guest_without_the_memory_promised_runs_no_case, Lab) {
  const Ended ended = run(on("less", "r.json"));
  BOOST_TEST(ended.code == 3);
  const auto verdict = read_json("r.json")["cases"][0]["verdict"];
  BOOST_TEST(verdict["status"] == "ERROR");
  BOOST_TEST(has(verdict["reason"].get<std::string>(), " of memory where 512 MiB were promised"));
}

BOOST_FIXTURE_TEST_CASE(a_guest_whose_first_process_has_no_memory_panics, Lab) {
  const Ended ended = run(on("starves", "r.json"));
  BOOST_TEST(ended.code == 3);
  const auto verdict = read_json("r.json")["cases"][0]["verdict"];
  BOOST_TEST(verdict["status"] == "ERROR");
  BOOST_TEST(has(verdict["reason"].get<std::string>(), "its kernel panicked"));
  BOOST_TEST(has(verdict["hint"].get<std::string>(), "memory"));
}

BOOST_FIXTURE_TEST_CASE(a_guest_that_hangs_is_an_error_and_is_killed, Lab) {
  LabOptions options;
  options.qemu = *find_program("qemu-system-x86_64");
  options.program = MEMQUAL_PROGRAM;
  options.child = std::filesystem::path(MEMQUAL_PROGRAM).parent_path() / "memqual-child";
  options.kernel_cache = default_kernel_cache();
  options.library = *load_machines(path("m"));
  options.tool_version = MEMQUAL_VERSION;
  options.work_parent = path("");
  const auto host = LabHost::make(options);
  BOOST_REQUIRE_MESSAGE(host.ok(), (host ? "" : to_string(host.error())));
  Result<GuestSpec> spec = (*host)->spec_for("small-512m");
  BOOST_REQUIRE(spec.ok());
  spec->silence_ms = 5000;  // it says every 2 s that it lives
  Result<Guest> guest = Guest::boot(*spec);
  BOOST_REQUIRE_MESSAGE(guest.ok(), (guest ? "" : to_string(guest.error())));
  const std::vector<pid_t> guests = guests_in(path(""));
  BOOST_REQUIRE(guests.size() == 1U);
  ::kill(guests[0], SIGSTOP);
  const Result<Attempt> made = guest->run("no-case", 1, 600000);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(has(made.error().message, "said nothing for 5s (hang)"), made.error().message);
  BOOST_TEST(guests_in(path("")).empty());
}

BOOST_FIXTURE_TEST_CASE(a_killed_guest_is_an_error_and_two_labs_do_not_meet, Lab) {
  write("long.yaml",
        testing::scenario("long",
                          "workload:\n  - allocate: {name: a, size: 200 MiB, using: mmap}\n"
                          "  - touch: a\nrepeat: 1000\nexpect: {outcome: completed}\n"));
  const std::string tmp = path("tmp");
  std::filesystem::create_directory(tmp);
  set("TMPDIR", tmp);
  const pid_t first = start(
      {"run", path("long.yaml"), "--on", "lab:small-512m", "--report", "json=" + path("long.json")},
      "", "first");
  // The second one comes and goes beside the first.
  BOOST_TEST(run(on("small-512m", "r.json")).code == 0);
  const std::vector<pid_t> guests = guests_in(tmp);
  BOOST_REQUIRE(guests.size() == 1U);
  wait_for_its_case(guests[0]);
  ::kill(guests[0], SIGKILL);
  // The next repeat has a guest of its own; then that is enough.
  const auto again = [&] {
    const std::vector<pid_t> now = guests_in(tmp);
    return !now.empty() && now[0] != guests[0];
  };
  for (int i = 0; i < 3000 && !again(); ++i) ::poll(nullptr, 0, 10);
  ::kill(first, SIGTERM);
  const Ended ended = wait(first, "first");
  BOOST_TEST(ended.code == 143, ended.out << ended.err);
  const auto report = read_json("long.json");
  const auto& verdict = report["cases"][0]["verdict"];
  BOOST_TEST(verdict["status"] == "ERROR");
  BOOST_TEST(has(verdict["reason"].get<std::string>(), "QEMU was killed by signal 9"));
}

BOOST_FIXTURE_TEST_CASE(a_guest_ends_with_the_program_that_started_it, Lab) {
  write("long.yaml",
        testing::scenario("long",
                          "workload:\n  - allocate: {name: a, size: 200 MiB, using: mmap}\n"
                          "  - touch: a\nrepeat: 1000\nexpect: {outcome: completed}\n"));
  const std::string tmp = path("tmp");
  std::filesystem::create_directory(tmp);
  set("TMPDIR", tmp);
  const pid_t pid = start({"run", path("long.yaml"), "--on", "lab:small-512m"});
  for (int i = 0; i < 3000 && guests_in(tmp).empty(); ++i) ::poll(nullptr, 0, 10);
  BOOST_REQUIRE(guests_in(tmp).size() == 1U);
  ::kill(pid, SIGKILL);
  wait(pid);
  for (int i = 0; i < 300 && !guests_in(tmp).empty(); ++i) ::poll(nullptr, 0, 10);
  BOOST_TEST(guests_in(tmp).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual

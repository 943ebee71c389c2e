// SPDX-License-Identifier: Apache-2.0
// Real settings, real cgroups, real OOM kills, and a harness that dies in the middle of them. Only
// mode `always` is used, for milliseconds: `never` would reach other programs of this machine.
#include <random>
#include <set>

#include "fixtures/cgroup.h"
#include "harness/cli/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

struct Settings {
  std::string memory = vm_value("/", "memory");
  std::string ratio = vm_value("/", "ratio");
  std::string kbytes = vm_value("/", "kbytes");
  bool operator==(const Settings&) const = default;
};

// Whatever a test does or fails to do, the machine is as before.
class PutBack {
 public:
  ~PutBack() {
    if (Settings() == before_) return;
    put("memory", before_.memory);
    // Each of the two zeroes the other.
    if (before_.kbytes != "0")
      put("kbytes", before_.kbytes);
    else
      put("ratio", before_.ratio);
  }
  const Settings& before() const { return before_; }

 private:
  static void put(const std::string& name, const std::string& value) {
    std::ofstream("/proc/sys/vm/overcommit_" + name) << value;
  }
  Settings before_;
};

bool strict(const PutBack& machine) {
  if (machine.before().memory != "2") return false;
  std::cout << "SKIPPED: this machine runs with strict accounting\n";
  return true;
}

std::set<std::string> memqual_cgroups() {
  std::set<std::string> found;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator it("/sys/fs/cgroup", failed), end;
       !failed && it != end; it.increment(failed))
    if (it->is_directory(failed) && it->path().filename().string().starts_with("memqual-"))
      found.insert(it->path().string());
  return found;
}

const std::string kAlways =
    "environment: {overcommit: {memory: always}}\n"
    "workload:\n"
    "  - allocate: {name: a, size: 1 TiB, using: mmap}\n"
    "expect: {outcome: completed}\n";

// Everything that has to be undone: a setting, a cgroup, a scratch folder, a process that ran away.
std::string all_at_once(const std::string& seconds) {
  return scenario("everything",
                  "environment:\n"
                  "  overcommit: {memory: always}\n"
                  "  cgroup: {memory_max: 64 MiB}\n"
                  "workload:\n"
                  "  - allocate: {name: a, size: 1 MiB, using: file}\n"
                  "  - touch: a\n"
                  "  - command: [sh, -c, 'setsid sleep " +
                      seconds +
                      " & sleep 0.004']\n"
                      "expect: {outcome: completed}\n"
                      "repeat: 100\n");
}

const nlohmann::json& only_ending(const nlohmann::json& report) {
  return report.at("cases").at(0).at("attempts").at(0).at("observation").at("ending");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cli_root)

BOOST_AUTO_TEST_CASE(settings_change_only_where_it_was_allowed_and_come_back) {
  const PutBack machine;
  if (strict(machine)) return;
  const Sandbox box;
  box.write("a.yaml", scenario("always", kAlways));
  const Ended refused = box.run({"run", "a.yaml"});
  BOOST_TEST(refused.code == 4, refused.out);
  BOOST_TEST(has(refused.out, "--allow-system-changes"), refused.out);
  const Ended allowed = box.run({"run", "a.yaml", "--allow-system-changes"});
  BOOST_TEST(allowed.code == 0, allowed.out);
  BOOST_TEST((Settings() == machine.before()));
  BOOST_TEST(box.run({"restore"}).out == "nothing to restore\n");
}

BOOST_AUTO_TEST_CASE(after_a_kill_at_any_moment_one_restore_brings_everything_back) {
  const PutBack machine;
  if (strict(machine)) return;
  const Sandbox box;
  const std::string seconds = unique_seconds();
  const std::set<std::string> cgroups = memqual_cgroups();
  box.write("a.yaml", all_at_once(seconds));
  std::mt19937 random(20);
  int restored = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t pid = box.start({"run", "a.yaml", "--allow-system-changes"});
    ::poll(nullptr, 0, static_cast<int>(random() % 150));
    ::kill(pid, SIGKILL);
    BOOST_TEST(box.wait(pid).code == 137);
    const Ended ended = box.run({"restore"});
    BOOST_TEST(ended.code == 0, ended.err);
    if (has(ended.out, "restored")) ++restored;
    BOOST_TEST((Settings() == machine.before()));
    BOOST_TEST((memqual_cgroups() == cgroups));
    BOOST_TEST(wait_until([&] { return processes_with(seconds).empty(); }));
    for (const auto& entry : std::filesystem::directory_iterator(box.path("")))
      BOOST_TEST(!has(entry.path().filename().string(), "memqual-scratch"), entry.path());
  }
  BOOST_TEST(restored > 5, "of 20 kills only " << restored << " came while something was changed");
  BOOST_TEST(box.run({"restore"}).out == "nothing to restore\n");
}

BOOST_AUTO_TEST_CASE(the_next_run_restores_what_a_killed_one_left) {
  const PutBack machine;
  if (strict(machine)) return;
  const Sandbox box;
  box.write("a.yaml", scenario("holds",
                               "environment: {overcommit: {memory: always, ratio: 61}}\n"
                               "workload: [{command: [sleep, '30']}]\n"
                               "expect: {outcome: completed}\n"));
  box.write("b.yaml", kHello);
  const pid_t pid = box.start({"run", "a.yaml", "--allow-system-changes"});
  BOOST_TEST(wait_until([] { return Settings().memory == "1" && Settings().ratio == "61"; }));
  ::kill(pid, SIGKILL);
  box.wait(pid);
  const Ended next = box.run({"run", "b.yaml", "--report", "json=r.json"});
  BOOST_TEST((Settings() == machine.before()));
  BOOST_TEST(next.code == 0, next.err);
  const std::string notes = box.read_json("r.json").at("notes").dump();
  BOOST_TEST(has(notes, "restored after an earlier run was killed"), notes);
  BOOST_TEST(has(notes, "vm.overcommit_memory = " + machine.before().memory), notes);
}

BOOST_AUTO_TEST_CASE(a_stop_restores_the_settings) {
  const PutBack machine;
  if (strict(machine)) return;
  const Sandbox box;
  box.write("a.yaml", scenario("holds",
                               "environment: {overcommit: {memory: always}}\n"
                               "workload: [{command: [sleep, '30']}]\n"
                               "expect: {outcome: completed}\n"));
  const pid_t pid = box.start({"run", "a.yaml", "--allow-system-changes"});
  BOOST_TEST(wait_until([&] { return Settings().memory == "1"; }));
  ::kill(pid, SIGINT);
  BOOST_TEST(box.wait(pid).code == 130);
  BOOST_TEST((Settings() == machine.before()));
  BOOST_TEST(box.run({"restore"}).out == "nothing to restore\n");
}

BOOST_AUTO_TEST_CASE(who_changes_the_system_is_alone) {
  const Sandbox box;
  const std::string seconds = unique_seconds();
  box.write("long.yaml", shell_scenario("holds_the_lock", "sleep " + seconds));
  box.write("a.yaml", kHello);
  const pid_t first = box.start({"run", "long.yaml", "--allow-system-changes"}, "", "first");
  BOOST_TEST(wait_until([&] { return !processes_with(seconds).empty(); }));
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"run", "a.yaml", "--allow-system-changes"}, {"run", "a.yaml"}}) {
    const Ended second = box.run(arguments);
    BOOST_TEST(second.code == 3);
    BOOST_TEST(has(second.err, std::to_string(first)), second.err);
    BOOST_TEST(second.out == "");
  }
  BOOST_TEST(box.run({"list", "a.yaml"}).code == 0);
  ::kill(first, SIGINT);
  BOOST_TEST(box.wait(first, "first").code == 130);
  BOOST_TEST(box.run({"run", "a.yaml", "--allow-system-changes"}).code == 0);
}

BOOST_AUTO_TEST_CASE(an_oom_kill_is_confined_to_its_case_and_told_with_evidence) {
  const Sandbox box;
  const std::set<std::string> cgroups = memqual_cgroups();
  box.write("a.yaml", scenario("eats",
                               "environment:\n"
                               "  cgroup: {memory_max: 64 MiB, swap_max: 0 B}\n"
                               "workload:\n"
                               "  - allocate: {name: a, size: 512 MiB, using: mmap}\n"
                               "  - touch: a\n"
                               "expect: {outcome: oom_killed}\n"));
  // The address-space limit is for a machine where the cgroup does not hold.
  box.write("b.yaml", scenario("command_eats",
                               "environment:\n"
                               "  cgroup: {memory_max: 64 MiB, swap_max: 0 B}\n"
                               "  rlimit: {address_space: 1 GiB}\n"
                               "workload: [{command: [tail, /dev/zero]}]\n"
                               "expect: {outcome: oom_killed}\n"));
  const std::string seconds = unique_seconds();
  box.write("beside.yaml", shell_scenario("lives_beside", "sleep 0.3"));
  for (const std::string file : {"a.yaml", "b.yaml"}) {
    const Ended ended = box.run({"run", file, "beside.yaml", "-j", "2", "--report", "json=r.json"});
    if (has(ended.out, "UNSUPPORTED")) {
      std::cout << "SKIPPED: " << ended.out << "\n";
      return;
    }
    BOOST_TEST(ended.code == 0, ended.out);
    const auto report = box.read_json("r.json");
    BOOST_TEST(only_ending(report).at("outcome") == "oom_killed");
    const std::string evidence = only_ending(report).at("evidence");
    BOOST_TEST(has(evidence, "oom_kill"), evidence);
    const auto& observation = report.at("cases").at(0).at("attempts").at(0).at("observation");
    BOOST_TEST(observation.at("cgroup_peak_bytes").at("value").get<std::uint64_t>() <= 64u << 20U);
    BOOST_TEST(report.at("cases").at(1).at("verdict").at("status") == "PASS");
  }
  BOOST_TEST((memqual_cgroups() == cgroups));
}

BOOST_AUTO_TEST_SUITE_END()

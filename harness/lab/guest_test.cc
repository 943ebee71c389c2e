// SPDX-License-Identifier: Apache-2.0
// Guests that go wrong, played by a script in QEMU's place: what comes over the channel, on the
// console and as exit status is the script's.
#include "harness/lab/guest.h"

#include <signal.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "fixtures/testing.h"
#include "harness/lab/lab_job.h"
#include "harness/lab/lab_line.h"
#include "harness/lab/testing.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

const std::string kHello = "hello " + std::to_string(kLabProtocol) + " 1.0";

std::string facts(std::uint64_t memory_bytes = 480 * kMiB) {
  return testing::facts_message(memory_bytes);
}
std::string attempt() { return testing::attempt_message(CaseStatus::pass); }

class FakeGuest {
 public:
  FakeGuest() {
    spec_.machine.name = "fake";
    spec_.machine.nodes = {{512 * kMiB, 1, {}, 0}};
    spec_.folder = folder_.path();
    spec_.tool_version = "1.0";
    spec_.boot_ms = 10000;
    spec_.silence_ms = 10000;
  }

  /// The guest says these lines, and `script` follows.
  Result<Guest> boot(const std::vector<std::string>& lines, const std::string& script = "") {
    std::string stream;
    for (const std::string& line : lines) stream += encode_lab_line({++number_, line});
    return boot_stream(stream, script);
  }
  Result<Guest> boot_stream(const std::string& stream, const std::string& script) {
    testing::write_file(folder_.path() / "stream", stream);
    spec_.qemu = folder_.path() / "qemu";
    testing::write_file(spec_.qemu, "#!/bin/sh\ncd " + folder_.path().string() +
                                        "\necho $$ > pid\ncat stream\n" + script + "\n");
    ::chmod(spec_.qemu.c_str(), 0700);
    return Guest::boot(spec_);
  }
  std::string boot_error(const std::vector<std::string>& lines, const std::string& script = "") {
    const Result<Guest> guest = boot(lines, script);
    return guest ? "it booted" : to_string(guest.error());
  }
  bool runs() const {
    const std::string pid = testing::read_file(folder_.path() / "pid");
    return !pid.empty() && ::kill(std::stoi(pid), 0) == 0;
  }

  GuestSpec spec_;
  testing::TempDir folder_;
  std::uint64_t number_ = 0;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(lab_guest)

BOOST_FIXTURE_TEST_CASE(a_sound_guest_gives_its_facts_and_an_attempt, FakeGuest) {
  {
    Result<Guest> guest = boot({kHello, facts(), "alive", attempt()}, "exec sleep 100");
    BOOST_REQUIRE_MESSAGE(guest.ok(), (guest ? "" : to_string(guest.error())));
    BOOST_TEST(guest->facts().mem_total_bytes.value_or(0) == 480 * kMiB);
    const Result<Attempt> made = guest->run("a-case", 1, 10000);
    BOOST_REQUIRE(made.ok());
    BOOST_TEST((made->verdict.status == CaseStatus::pass));
    BOOST_TEST(runs());
  }
  BOOST_TEST(!runs());
}

BOOST_FIXTURE_TEST_CASE(a_panic_is_told_with_the_lines_before_it, FakeGuest) {
  const std::string error =
      boot_error({}, "printf 'before\\nKernel panic - not syncing: gone\\nRAX: 0\\n' > console");
  BOOST_TEST(has(error, "its kernel panicked"), error);
  BOOST_TEST(has(error, "before | Kernel panic - not syncing: gone"), error);
  BOOST_TEST(!has(error, "RAX"), error);
}

BOOST_FIXTURE_TEST_CASE(qemus_own_trouble_is_told_in_its_words, FakeGuest) {
  const std::string error = boot_error({}, "echo 'cannot set up guest memory' >&2; exit 1");
  BOOST_TEST(has(error, "QEMU ended with code 1"), error);
  BOOST_TEST(has(error, "cannot set up guest memory"), error);
}

BOOST_FIXTURE_TEST_CASE(a_killed_qemu_is_an_error, FakeGuest) {
  const std::string error = boot_error({kHello}, "kill -9 $$");
  BOOST_TEST(has(error, "QEMU was killed by signal 9"), error);
}

BOOST_FIXTURE_TEST_CASE(a_guest_that_does_not_come_up_is_not_waited_for, FakeGuest) {
  spec_.boot_ms = 200;
  const std::string error = boot_error({}, "exec sleep 100");
  BOOST_TEST(has(error, "not ready with booting within 200ms"), error);
  BOOST_TEST(!runs());
}

BOOST_FIXTURE_TEST_CASE(another_version_is_refused, FakeGuest) {
  BOOST_TEST(has(boot_error({"hello 1 0.9", facts()}, "exec sleep 100"), "was expected"));
  FakeGuest other;
  BOOST_TEST(has(other.boot_error({"hello 2 1.0", facts()}, "exec sleep 100"), "was expected"));
}

BOOST_FIXTURE_TEST_CASE(less_than_the_machine_promised_is_refused, FakeGuest) {
  const std::string error = boot_error({kHello, facts(128 * kMiB)}, "exec sleep 100");
  BOOST_TEST(has(error, "it has 128 MiB of memory where 512 MiB were promised"), error);
}

BOOST_FIXTURE_TEST_CASE(trouble_inside_is_told_in_its_words, FakeGuest) {
  const std::string error = boot_error({kHello, "trouble no swap disk"}, "exec sleep 100");
  BOOST_TEST(has(error, "no swap disk"), error);
}

BOOST_FIXTURE_TEST_CASE(a_cut_or_damaged_stream_is_never_an_attempt, FakeGuest) {
  const std::string good = encode_lab_line({1, kHello}) + encode_lab_line({2, facts()});
  const std::string answer = encode_lab_line({3, attempt()});
  for (const std::string& bad :
       {answer.substr(0, answer.size() / 2), std::string("[   3.1] kernel words\n"),
        encode_lab_line({4, attempt()}), encode_lab_line({3, "attempt {}"}),
        encode_lab_line({3, "attempt {\"schema_version\":1}"}), encode_lab_line({3, "bye"})}) {
    Result<Guest> guest = boot_stream(good + bad, "exit 0");
    BOOST_REQUIRE(guest.ok());
    const Result<Attempt> made = guest->run("a-case", 1, 10000);
    BOOST_TEST(!made.ok(), bad);
    BOOST_TEST(!guest->alive());
  }
}

BOOST_FIXTURE_TEST_CASE(a_guest_that_falls_silent_hangs, FakeGuest) {
  spec_.silence_ms = 200;
  Result<Guest> guest = boot({kHello, facts()}, "exec sleep 100");
  BOOST_REQUIRE(guest.ok());
  const Result<Attempt> made = guest->run("a-case", 1, 60000);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(has(made.error().message, "said nothing for 200ms (hang)"), made.error().message);
  BOOST_TEST(!runs());
}

BOOST_FIXTURE_TEST_CASE(a_guest_that_talks_without_end_does_not_fill_the_disk, FakeGuest) {
  Result<Guest> guest = boot({kHello, facts()},
                             "head -c 9437184 /dev/zero >> console\n"
                             "head -c 9437184 /dev/zero >&2; exec sleep 100");
  BOOST_REQUIRE(guest.ok());
  // It is looked at several times a second; the last look comes when nothing more is said.
  BOOST_TEST(!guest->run("a-case", 1, 2000).ok());
  for (const char* name : {"console", "errors"})
    BOOST_TEST(std::filesystem::file_size(folder_.path() / name) <= 4 * kMiB);
}

BOOST_FIXTURE_TEST_CASE(qemu_is_the_first_that_the_oom_killer_takes, FakeGuest) {
  Result<Guest> guest = boot({kHello}, "cat /proc/self/oom_score_adj > score");
  BOOST_TEST(!guest.ok());  // it says no facts; its score is what is asked here
  BOOST_TEST(testing::read_file(folder_.path() / "score") == "1000\n");
}

BOOST_FIXTURE_TEST_CASE(another_kernel_than_the_machine_names_is_refused, FakeGuest) {
  spec_.kernel_name = "debian-5.10";
  const std::string error = boot_error({kHello, facts()}, "exec sleep 100");
  BOOST_TEST(has(error, "where debian-5.10 was promised"), error);
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_does_not_fit_is_told_before_anything_starts, FakeGuest) {
  spec_.machine.swap_bytes = 1024 * 1024 * kTiB;
  BOOST_TEST(has(boot_error({kHello, facts()}, ""), "are free there"));
  BOOST_TEST(!std::filesystem::exists(folder_.path() / "pid"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
// A launcher that misbehaves on purpose, as $HOSTILE_MODE says: what memqual-child would look like
// to the harness if it were broken, or not what it claims to be.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "harness/wire/line.h"

namespace {

void say(const std::string& text) {
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(0);
}

void ready(const std::string& version = std::to_string(memqual::wire::kVersion)) {
  say("ready version=" + version + "\n");
}

// Until the harness says `word`; leaves at the end of the pipe.
void read_until(const char* word) {
  std::string text;
  char buffer[4096];
  while (text.find(word) == std::string::npos) {
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size <= 0) _exit(0);
    text.append(buffer, static_cast<std::size_t>(size));
  }
}
void read_case() { read_until("\nend\n"); }
void read_for_ever() { read_until("\x01 a word that is never said"); }
[[noreturn]] void hang() {
  for (;;) pause();
}

void report_case(const std::string& pid) {
  ready();
  read_case();
  say("forked pid=" + pid + "\n");
}

// A case process that does nothing, in a group of its own as the real one.
void report_real_case() {
  ready();
  read_case();
  const pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    close(STDOUT_FILENO);
    hang();
  }
  setpgid(pid, pid);
  say("forked pid=" + std::to_string(pid) + "\n");
}

[[noreturn]] void flood(const std::string& text) {
  std::string block;
  while (block.size() < 65536) block += text;
  for (;;) say(block);
}

const std::map<std::string, void (*)()>& modes() {
  static const std::map<std::string, void (*)()> all{
      // Before it is ready.
      {"closes_at_once", [] {}},
      {"never_ready", [] { read_for_ever(); }},
      {"never_ready_and_stays", [] { hang(); }},
      {"other_version", [] { ready("4711"); }},
      {"other_word", [] { say("hello\n"), read_for_ever(); }},
      {"empty_line", [] { say("\n"), read_for_ever(); }},
      {"garbage", [] { flood(std::string("\x7f\x45\x4c\x46\0\xff\xfe\n", 8)); }},
      {"endless_line", [] { flood("x"); }},
      // With a case.
      {"dies_before_the_case", [] { ready(); }},
      {"does_not_read", [] { ready(), hang(); }},
      {"never_forks", [] { ready(), read_for_ever(); }},
      {"floods_lines", [] { ready(), read_case(), flood("begin step=0\n"); }},
      {"sends_an_endless_line", [] { ready(), read_case(), flood("x"); }},
      {"bad_escape", [] { ready(), read_case(), say("output text=%zz\n"), read_for_ever(); }},
      {"no_equals", [] { ready(), read_case(), say("output text\n"), read_for_ever(); }},
      {"closes_its_pipe", [] { ready(), read_case(), close(STDOUT_FILENO), read_for_ever(); }},
      {"dies_in_the_case", [] { report_real_case(), read_until("go\n"); }},
      {"never_reaps", [] { report_real_case(), read_for_ever(); }},
      {"never_done", [] { report_real_case(), say("reaped status=0\n"), read_for_ever(); }},
      {"two_cases", [] { report_real_case(), say("forked pid=1\n"), read_for_ever(); }},
      {"case_is_zero", [] { report_case("0"), read_for_ever(); }},
      {"case_is_init", [] { report_case("1"), read_for_ever(); }},
      {"case_is_negative", [] { report_case("-1"), read_for_ever(); }},
      {"case_wraps_to_one", [] { report_case("18446744073709551615"), read_for_ever(); }},
      {"case_is_no_number", [] { report_case("self"), read_for_ever(); }},
      {"case_is_the_harness", [] { report_case(std::to_string(getppid())), read_for_ever(); }},
      {"case_is_a_stranger", [] { report_case(std::getenv("HOSTILE_PID")), read_for_ever(); }},
  };
  return all;
}

}  // namespace

int main() {
  const char* mode = std::getenv("HOSTILE_MODE");
  const auto found = modes().find(mode != nullptr ? mode : "");
  if (found == modes().end()) return 2;
  found->second();
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// For tests that start processes: wait for something, and find what is left behind.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace memqual::testing {

/// Waits without sleeping longer than needed. False: `done` stayed false for `ms`.
template <class Done>
bool wait_until(const Done& done, int ms = 5000) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

inline std::string read_proc(std::int64_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
  std::ostringstream text;
  // Unlike an iterator, this stops without a word where the process has ended.
  text << file.rdbuf();
  return text.str();
}

/// Living processes (zombies are not) whose command line contains `marker`.
inline std::vector<std::int64_t> processes_with(const std::string& marker) {
  std::vector<std::int64_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::int64_t pid = std::stoll(name);
    if (pid != ::getpid() && read_proc(pid, "cmdline").find(marker) != std::string::npos)
      found.push_back(pid);
  }
  return found;
}

/// A number of seconds that no other process sleeps: marks the processes of one test.
inline std::string unique_seconds() {
  static int count = 0;
  return "3" + std::to_string(::getpid()) + "." + std::to_string(++count);
}

inline std::uint64_t milliseconds_of(const std::chrono::steady_clock::time_point& start) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - start)
                                        .count());
}

}  // namespace memqual::testing

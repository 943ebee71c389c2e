// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/parent_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace memqual {

// /proc/PID/stat is "pid (name) state ppid ...", and the name may contain anything but a NUL.
std::optional<std::int64_t> parent_process(std::int64_t pid) {
  const int fd = open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  char text[512];
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return std::nullopt;
  text[size] = '\0';
  const char* name_end = std::strrchr(text, ')');
  if (name_end == nullptr || std::strlen(name_end) < 5) return std::nullopt;
  return std::strtoll(name_end + 4, nullptr, 10);  // behind ") S "
}

}  // namespace memqual

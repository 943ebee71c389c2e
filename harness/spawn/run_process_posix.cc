// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/run_process.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "harness/spawn/start_process.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostOutput = 64 * kMiB;
constexpr std::streamoff kTailBytes = 64 * 1024;

/// False: not ended in time, or too much.
bool collect(int fd, std::uint64_t within_ms, std::string& out) {
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(within_ms);
  char buffer[16384];
  while (out.size() <= kMostOutput) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return false;
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
    if (wait.revents == 0) continue;
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size == 0) return true;
    if (size > 0) out.append(buffer, static_cast<std::size_t>(size));
    if (size < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace

Result<std::string> run_process(const std::filesystem::path& program,
                                const std::vector<std::string>& arguments,
                                const std::filesystem::path& error_file, std::uint64_t within_ms) {
  const Result<StartedProcess> started =
      start_process(program, arguments, {error_file, /*dies_with_parent=*/true});
  if (!started) return started.error();
  close(started->to_child);
  std::string output;
  const bool ended = collect(started->from_child, within_ms, output);
  if (!ended) kill(started->pid, SIGKILL);
  close(started->from_child);
  int status = 0;
  while (waitpid(started->pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  const std::string what = program.filename().string() + (arguments.empty() ? "" : " ... ") +
                           (arguments.empty() ? "" : arguments.back());
  if (!ended)
    return Error{what + ": did not end within " + format_duration_ms(within_ms), "try again"};
  const std::vector<std::string> lines = last_lines(error_file, 1);
  return Error{
      what + ": " + (lines.empty() ? "ended with status " + std::to_string(status) : lines.back()),
      ""};
}

Result<std::filesystem::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) +
                             ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path file = std::filesystem::path(folder) / name;
    if (!folder.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return Error{"no program " + name + " in PATH", ""};
}

std::vector<std::string> last_lines(const std::filesystem::path& file, std::size_t count) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return {};
  const std::streamoff size = stream.tellg();
  stream.seekg(size > kTailBytes ? size - kTailBytes : 0);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.size() > count)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "kernels/bench/peers.h"

namespace memqual::kernels::bench {

namespace {

// The user's Python may lack the packages that the system's has.
std::string python_with_numpy() {
  for (const char* program : {"python3", "/usr/bin/python3"})
    if (std::system((std::string(program) + " -c 'import numpy' 2>/dev/null").c_str()) == 0)
      return program;
  return "python3";
}

}  // namespace

Peers::Peers(const std::string& script, std::size_t side, const std::string& file) {
  const std::string python = python_with_numpy();
  int down[2], up[2];
  if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) return;
  std::signal(SIGPIPE, SIG_IGN);
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(down[0], 0);
    ::dup2(up[1], 1);
    ::execlp(python.c_str(), python.c_str(), script.c_str(), std::to_string(side).c_str(),
             file.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(down[0]);
  ::close(up[1]);
  to_ = down[1];
  from_ = up[0];
  versions_ = ask("versions").value_or("none: python3 or its numpy is not here");
}

Peers::~Peers() {
  if (to_ >= 0) ::close(to_);
  if (from_ >= 0) ::close(from_);
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
}

std::optional<std::string> Peers::ask(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return std::nullopt;
  std::string answer;
  char c = 0;
  while (::read(from_, &c, 1) == 1) {
    if (c == '\n') return answer;
    answer += c;
  }
  return std::nullopt;
}

std::optional<PeerRun> Peers::run(const std::string& name, std::size_t threads) {
  const std::optional<std::string> answer = ask(std::to_string(threads) + " " + name);
  if (!answer || answer->empty() || *answer == "-") return std::nullopt;
  char* end = nullptr;
  const double seconds = std::strtod(answer->c_str(), &end);
  return PeerRun{seconds, std::strtoull(end, nullptr, 10)};
}

}  // namespace memqual::kernels::bench

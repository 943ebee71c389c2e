// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "harness/cli/terminal.h"

namespace memqual {
namespace {

std::atomic<int> stop_level{0};
std::atomic<int> stop_signal{0};
int stop_pipe[2] = {-1, -1};

void say(std::string_view text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

// Only async-signal-safe calls.
extern "C" void memqual_on_stop_signal(int signal) {
  const int level = stop_level.fetch_add(1) + 1;
  stop_signal.store(signal);
  if (level == 1) {
    say("\nmemqual: stopping: running cases get SIGTERM, settings are restored, reports are "
        "written.\n"
        "memqual: once more kills the running cases at once.\n");
  } else if (level == 2) {
    say("\nmemqual: killing the running cases; once more leaves without waiting "
        "(then run: memqual restore)\n");
  } else {
    _exit(128 + signal);
  }
  // Stays readable: nobody reads it, everybody polls it.
  if (write(stop_pipe[1], "s", 1) < 0) return;
}

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool is_on(const char* name) { return is_set(name) && std::strcmp(std::getenv(name), "0") != 0; }

bool wants_colour(std::FILE* stream, const std::string& colour) {
  std::string choice = colour;
  if (choice == "auto" && is_set("MEMQUAL_COLOR")) choice = std::getenv("MEMQUAL_COLOR");
  if (choice == "always") return true;
  if (choice == "never" || is_set("NO_COLOR")) return false;
  if (is_on("CLICOLOR_FORCE") || is_on("FORCE_COLOR")) return true;
  if (is_set("CLICOLOR") && !is_on("CLICOLOR")) return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::strcmp(term, "dumb") == 0 || std::strcmp(term, "unknown") == 0)
    return false;
  return isatty(fileno(stream)) != 0;
}

bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!is_set(name)) continue;
    std::string value = std::getenv(name);
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

ConsoleStyle console_style(std::FILE* stream, const std::string& colour) {
  ConsoleStyle style;
  style.colour = wants_colour(stream, colour);
  style.unicode = is_utf8_locale();
  const bool terminal = isatty(fileno(stream)) != 0;
  style.live = terminal && !is_set("CI") && !is_set("GITHUB_ACTIONS") && !is_set("GITLAB_CI");
  winsize size{};
  if (terminal && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    style.width = size.ws_col;
  return style;
}

StopToken install_stop_signals() {
  if (stop_pipe[0] < 0 && pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  struct sigaction action {};
  action.sa_handler = memqual_on_stop_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return {stop_pipe[0], [] { return stop_level.load(); }};
}

int stop_exit_code() { return stop_level.load() > 0 ? 128 + stop_signal.load() : 0; }

}  // namespace memqual

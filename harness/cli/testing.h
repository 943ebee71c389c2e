// SPDX-License-Identifier: Apache-2.0
// Runs the built program as its users do: arguments in, exit code and text out.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fixtures/testing.h"
#include "harness/testing/testing.h"

namespace memqual::testing {

struct Ended {
  int code = -1;  ///< exit code; 128 + signal where it was killed
  std::string out;
  std::string err;
};

/// A folder of its own for files, state, lock and output, and a memqual that runs in it.
class Sandbox {
 public:
  Sandbox() {
    variables_ = {{"MEMQUAL_STATE_DIR", path("state")},
                  {"MEMQUAL_LOCK_FILE", path("lock")},
                  {"MEMQUAL_SCENARIOS", std::string(MEMQUAL_SOURCE_DIR) + "/scenarios/suite"},
                  {"HOME", path("home")},
                  {"TMPDIR", folder_.path().string()},
                  {"CI", "1"}};
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
  void set(const std::string& name, const std::string& value) { variables_[name] = value; }
  /// Returns the path.
  std::string write(const std::string& name, const std::string& text) const {
    write_file(path(name), text);
    return path(name);
  }
  std::string read(const std::string& name) const { return read_file(path(name)); }
  nlohmann::json read_json(const std::string& name) const {
    const nlohmann::json document = nlohmann::json::parse(read(name), nullptr, false);
    BOOST_TEST(!document.is_discarded(), name << " is not JSON: " << read(name));
    return document;
  }

  /// Starts without waiting. Its output goes to the files `name`.out and `name`.err.
  pid_t start(const std::vector<std::string>& arguments, const std::string& input = "",
              const std::string& name = "memqual") const {
    write(name + ".in", input);
    const pid_t pid = ::fork();
    if (pid == 0) become_memqual(arguments, name);
    BOOST_REQUIRE(pid > 0);
    return pid;
  }
  Ended wait(pid_t pid, const std::string& name = "memqual") const {
    int status = 0;
    BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read(name + ".out"),
            read(name + ".err")};
  }
  Ended run(const std::vector<std::string>& arguments, const std::string& input = "") const {
    return wait(start(arguments, input));
  }

 private:
  [[noreturn]] void become_memqual(const std::vector<std::string>& arguments,
                                   const std::string& name) const {
    const int mode = O_WRONLY | O_CREAT | O_TRUNC;
    ::dup2(::open(path(name + ".in").c_str(), O_RDONLY), 0);
    ::dup2(::open(path(name + ".out").c_str(), mode, 0600), 1);
    ::dup2(::open(path(name + ".err").c_str(), mode, 0600), 2);
    for (const auto& [variable, value] : variables_) ::setenv(variable.c_str(), value.c_str(), 1);
    if (::chdir(folder_.path().c_str()) != 0) ::_exit(126);
    std::vector<char*> argv{const_cast<char*>("memqual")};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(MEMQUAL_PROGRAM, argv.data());
    ::_exit(127);
  }

  TempDir folder_;
  std::map<std::string, std::string> variables_;
};

/// A scenario file with one scenario; `rest` is what follows its name.
inline std::string scenario(const std::string& name, const std::string& rest) {
  return "schema_version: 1\nname: " + name + "\n" + rest;
}

inline std::string shell_scenario(const std::string& name, const std::string& script,
                                  const std::string& rest = "expect: {outcome: completed}\n") {
  return scenario(name, "workload:\n  - command: [sh, -c, '" + script + "']\n" + rest);
}

inline const std::string kHello = scenario("hello_there",
                                           "tags: [small]\n"
                                           "workload:\n"
                                           "  - allocate: {name: a, size: 1 MiB}\n"
                                           "expect: {outcome: completed}\n");

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace memqual::testing

// SPDX-License-Identifier: Apache-2.0
// Boost.Process v2 as it works from 1.81 to 1.92 alike: the launcher object is called directly, the
// pid is detached and waited for by us (v2's exit code mixes status and signal), a failed exec
// leaves with _exit (up to 1.88 v2 runs the parent's exit handlers in the child), and the child
// closes inherited descriptors itself (v2's own closing leaves gaps in 1.81).
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <cerrno>
#include <cstring>

#include "harness/spawn/die_with_parent.h"
#include "harness/spawn/oom_score.h"
#include "harness/spawn/start_process.h"

namespace memqual {
namespace {

namespace bp = boost::process::v2;

struct InTheChild {
  ProcessOptions options;
  int parent = -1;
  int error_fd = -1;
  template <class Launcher>
  boost::system::error_code on_exec_setup(Launcher&, const bp::filesystem::path&,
                                          const char* const*&) const noexcept {
    if (error_fd >= 0) ::dup2(error_fd, STDERR_FILENO);
    if (options.dies_with_parent) die_with_parent(parent);
    if (options.first_for_oom_killer) be_first_for_the_oom_killer();
    return {};
  }
  template <class... Args>
  void on_exec_error(Args&&...) const noexcept {
    ::_exit(127);
  }
};

struct Descriptor {
  int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

struct Pipe {
  int read = -1;
  int write = -1;
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
  void close_both() {
    if (read >= 0) close(read);
    if (write >= 0) close(write);
  }
};

}  // namespace

Result<StartedProcess> start_process(const std::filesystem::path& program,
                                     const std::vector<std::string>& arguments,
                                     const ProcessOptions& options) {
  const std::string what = "starting " + program.string();
  InTheChild in_the_child{options, getpid(), -1};
  if (!options.error_file.empty()) {
    // Appending: whoever finds the file too long may cut it while the program writes on.
    in_the_child.error_fd =
        open(options.error_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (in_the_child.error_fd < 0)
      return Error{
          what + ": cannot write " + options.error_file.string() + ": " + std::strerror(errno), ""};
  }
  const Descriptor error_file{in_the_child.error_fd};
  Pipe in;
  Pipe out;
  if (!in.open() || !out.open()) {
    in.close_both();
    return Error{what + ": cannot make a pipe: " + std::strerror(errno), ""};
  }
  boost::system::error_code error;
  int pid = -1;
  try {
    boost::asio::io_context context(1);
    bp::posix::default_launcher launcher;
    auto process = launcher(context.get_executor(), error, bp::filesystem::path(program.string()),
                            arguments, bp::process_stdio{in.read, out.write, {}}, in_the_child);
    if (!error)
      pid = process.detach().id();
    else if (launcher.pid > 0)
      waitpid(launcher.pid, nullptr, 0);
  } catch (const std::exception& exception) {
    in.close_both();
    out.close_both();
    return Error{what + ": " + exception.what(), ""};
  }
  close(in.read);
  close(out.write);
  if (pid > 0) return StartedProcess{pid, in.write, out.read};
  close(in.write);
  close(out.read);
  return Error{what + ": " + error.message(), ""};
}

}  // namespace memqual

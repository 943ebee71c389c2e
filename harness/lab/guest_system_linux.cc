// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/guest_system.h"

#include <fcntl.h>
#include <linux/module.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/lab/guest_program.h"
#include "harness/lab/kernels.h"

namespace memqual {
namespace {

constexpr const char* kSwapDisk = "/dev/nvme0n1";
constexpr const char* kChannel = "/dev/ttyS1";
constexpr int kDiskTries = 200;  // of 50 ms: the kernel probes disks beside everything else

Error failed(const std::string& what) { return {what + ": " + std::strerror(errno), ""}; }

Status mount_at(const char* type, const char* where, const char* data = "") {
  mkdir(where, 0755);
  if (mount(type, where, type, 0, data) == 0 || errno == EBUSY) return done();
  return failed(std::string("mounting ") + type + " at " + where);
}

Status write_setting(const std::string& file, const std::string& value) {
  std::ofstream stream(file);
  stream << value << std::flush;
  if (stream) return done();
  return failed("writing " + value + " to " + file);
}

Status mount_cgroups(MachineCgroup version) {
  if (version == MachineCgroup::v2) {
    if (Status status = mount_at("cgroup2", "/sys/fs/cgroup"); !status) return status;
    const std::string control = "/sys/fs/cgroup/cgroup.subtree_control";
    for (const char* useful : {"+cpuset", "+pids"}) (void)write_setting(control, useful);
    return write_setting(control, "+memory");
  }
  if (Status status = mount_at("tmpfs", "/sys/fs/cgroup"); !status) return status;
  mkdir("/sys/fs/cgroup/memory", 0755);
  if (mount("cgroup", "/sys/fs/cgroup/memory", "cgroup", 0, "memory") == 0) return done();
  return failed("mounting the memory controller of cgroup v1");
}

Status swap_on() {
  for (int i = 0; access(kSwapDisk, F_OK) != 0; ++i) {
    if (i == kDiskTries) return failed(std::string("waiting for the swap disk ") + kSwapDisk);
    poll(nullptr, 0, 50);
  }
  return swapon(kSwapDisk, 0) == 0 ? done() : Status(failed("turning swap on"));
}

Status take_huge_pages(const std::vector<std::uint64_t>& pages) {
  for (std::size_t node = 0; node < pages.size(); ++node) {
    if (pages[node] == 0) continue;
    const std::string file = "/sys/devices/system/node/node" + std::to_string(node) +
                             "/hugepages/hugepages-2048kB/nr_hugepages";
    if (Status status = write_setting(file, std::to_string(pages[node])); !status) return status;
    std::uint64_t taken = 0;
    std::ifstream(file) >> taken;
    if (taken != pages[node])
      return Error{"node " + std::to_string(node) + " gave " + std::to_string(taken) + " of " +
                       std::to_string(pages[node]) + " huge pages",
                   ""};
  }
  return done();
}

}  // namespace

Status mount_guest_system() {
  struct Mount {
    const char* type;
    const char* where;
  };
  for (const Mount& wanted : {Mount{"proc", "/proc"}, Mount{"sysfs", "/sys"},
                              Mount{"devtmpfs", "/dev"}, Mount{"tmpfs", "/tmp"}})
    if (Status status = mount_at(wanted.type, wanted.where); !status) return status;
  if (Status status = mount_at("tmpfs", "/dev/shm"); !status) return status;
  chmod("/tmp", 01777);
  chmod("/dev/shm", 01777);
  for (const auto& [name, value] :
       {std::pair{"PATH", "/memqual:/bin"}, std::pair{"HOME", "/tmp"}, std::pair{"TMPDIR", "/tmp"}})
    setenv(name, value, 1);
  return done();
}

Status apply_guest_job(const LabJob& job) {
  if (Status status = mount_cgroups(job.cgroup); !status) return status;
  if (Status status = take_huge_pages(job.huge_pages); !status) return status;
  return job.swap ? swap_on() : done();
}

Status load_guest_modules() {
  for (const std::string& name : guest_modules()) {
    const std::filesystem::path file = module_file(kGuestModules, name);
    if (file.empty()) continue;
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failed("opening " + file.string());
    const int flags = file.extension() == ".xz" ? MODULE_INIT_COMPRESSED_FILE : 0;
    const long loaded = syscall(SYS_finit_module, fd, "", flags);
    const int error = loaded == 0 ? 0 : errno;
    close(fd);
    errno = error;
    if (error != 0 && error != EEXIST) return failed("loading " + file.string());
  }
  return done();
}

Result<int> open_guest_channel() {
  const int fd = open(kChannel, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return failed(std::string("opening ") + kChannel);
  termios settings{};
  if (tcgetattr(fd, &settings) != 0) return failed(std::string("reading settings of ") + kChannel);
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  cfsetspeed(&settings, B115200);
  if (tcsetattr(fd, TCSANOW, &settings) != 0)
    return failed(std::string("changing settings of ") + kChannel);
  return fd;
}

void power_off_guest() {
  reboot(RB_POWER_OFF);
  for (;;) pause();
}

}  // namespace memqual

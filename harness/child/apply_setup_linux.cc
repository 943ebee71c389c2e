// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "harness/child/apply_setup.h"
#include "harness/child/numa.h"

namespace memqual::child {
namespace {

struct Resource {
  int number;
  const char* name;
};
Resource resource_of(RlimitResource resource) {
  switch (resource) {
    case RlimitResource::address_space:
      return {RLIMIT_AS, "RLIMIT_AS"};
    case RlimitResource::data:
      return {RLIMIT_DATA, "RLIMIT_DATA"};
    case RlimitResource::stack:
      return {RLIMIT_STACK, "RLIMIT_STACK"};
    case RlimitResource::memlock:
      return {RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK"};
    case RlimitResource::core:
      return {RLIMIT_CORE, "RLIMIT_CORE"};
    case RlimitResource::nproc:
      return {RLIMIT_NPROC, "RLIMIT_NPROC"};
    case RlimitResource::nofile:
      return {RLIMIT_NOFILE, "RLIMIT_NOFILE"};
  }
  return {-1, "unknown limit"};
}

std::optional<SetupProblem> apply_rlimit(const ResolvedRlimit& limit) {
  const Resource resource = resource_of(limit.resource);
  const rlim_t value = limit.unlimited ? RLIM_INFINITY : limit.value;
  const std::string what =
      std::string(resource.name) + " to " +
      (limit.unlimited ? std::string("unlimited") : std::to_string(limit.value));
  rlimit wanted{value, value};
  // __rlimit_resource_t is an enum in C++ and an int elsewhere.
  if (setrlimit(static_cast<__rlimit_resource>(resource.number), &wanted) != 0)
    return SetupProblem{what, errno};
  rlimit now{};
  getrlimit(static_cast<__rlimit_resource>(resource.number), &now);
  if (now.rlim_cur != value || now.rlim_max != value) return SetupProblem{what, 0};
  return std::nullopt;
}

std::uint64_t own_use(RlimitResource resource, const SelfStats& stats) {
  return resource == RlimitResource::data ? stats.data_bytes() : stats.now().vsz_bytes;
}

std::optional<SetupProblem> become_user(std::uint32_t uid, std::uint32_t gid) {
  const std::string what = "user " + std::to_string(uid) + ", group " + std::to_string(gid);
  if (setgroups(0, nullptr) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
    return SetupProblem{what, errno};
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  getresuid(&real, &effective, &saved);
  if (real != uid || effective != uid || saved != uid) return SetupProblem{what, 0};
  // A change of user clears both.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 1);
  return std::nullopt;
}

int write_file(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write(fd, text.data(), text.size()) < 0 ? errno : 0;
  close(fd);
  return error;
}

// A mapping of one's own user alone needs no right in the namespace outside
// (kernel/user_namespace.c new_idmap_permitted), but gives up setgroups first.
std::optional<SetupProblem> become_root_of_namespace() {
  const std::string what = "a user namespace";
  const std::string uid = std::to_string(geteuid());
  const std::string gid = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) return SetupProblem{what, errno};
  if (const int error = write_file("/proc/self/setgroups", "deny"))
    return SetupProblem{what, error};
  if (const int error = write_file("/proc/self/uid_map", "0 " + uid + " 1"))
    return SetupProblem{what, error};
  if (const int error = write_file("/proc/self/gid_map", "0 " + gid + " 1"))
    return SetupProblem{what, error};
  if (geteuid() != 0 || getegid() != 0) return SetupProblem{what, 0};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return std::nullopt;
}

}  // namespace

// oom_score_adj is a file, and its descriptor must not be opened by a user who may not write it.
std::optional<SetupProblem> apply_oom_score(int adj) {
  const std::string text = std::to_string(adj);
  const std::string what = "oom_score_adj to " + text;
  const int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (fd < 0) return SetupProblem{what, errno};
  std::optional<SetupProblem> problem;
  char now[16] = "";
  if (write(fd, text.data(), text.size()) < 0)
    problem = SetupProblem{what, errno};
  else if (pread(fd, now, sizeof now - 1, 0) < 0 || std::atoi(now) != adj)
    problem = SetupProblem{what, 0};
  close(fd);
  return problem;
}

std::optional<SetupProblem> apply_identity(const ChildSetup& setup) {
  setpgid(0, 0);  // the launcher does the same: whoever comes first
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return apply_oom_score(setup.oom_score_adj);
}

std::optional<SetupProblem> apply_before_exec(const ChildSetup& setup) {
  if (setup.disable_aslr && personality(ADDR_NO_RANDOMIZE) < 0)
    return SetupProblem{"address-space randomisation off", errno};
  for (const ResolvedRlimit& limit : setup.rlimits)
    if (limit.resource == RlimitResource::stack)
      if (auto problem = apply_rlimit(limit)) return problem;
  return std::nullopt;
}

std::optional<SetupProblem> apply_limits(const ChildSetup& setup, const SelfStats& stats) {
  for (const auto& [name, value] : setup.variables)
    if (setenv(name.c_str(), value.c_str(), 1) != 0) return SetupProblem{"variable " + name, errno};
  if (auto problem = apply_numa(setup)) return problem;
  // What is free at the top of the heap by now would let malloc go a little beyond a limit; a page
  // of it is for the lists of run_fork.
  malloc_trim(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  for (const ResolvedRlimit& limit : setup.rlimits)
    if (!limit.beyond_own_use)
      if (auto problem = apply_rlimit(limit)) return problem;
  if (setup.uid)
    if (auto problem = become_user(*setup.uid, setup.gid.value_or(*setup.uid))) return problem;
  if (setup.namespace_root)
    if (auto problem = become_root_of_namespace()) return problem;
  for (ResolvedRlimit limit : setup.rlimits) {
    if (!limit.beyond_own_use) continue;
    limit.value += own_use(limit.resource, stats);
    if (auto problem = apply_rlimit(limit)) return problem;
  }
  return std::nullopt;
}

}  // namespace memqual::child

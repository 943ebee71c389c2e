// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>

#include "kernels/pin_thread.h"

namespace memqual::kernels {
namespace {

bool pin(pthread_t thread, const std::vector<unsigned>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned cpu : cpus) {
    if (cpu >= CPU_SETSIZE) return false;
    CPU_SET(cpu, &set);
  }
  return pthread_setaffinity_np(thread, sizeof set, &set) == 0;
}

}  // namespace

bool pin_thread(std::thread& thread, unsigned cpu) { return pin(thread.native_handle(), {cpu}); }

bool pin_this_thread(const std::vector<unsigned>& cpus) { return pin(pthread_self(), cpus); }

}  // namespace memqual::kernels

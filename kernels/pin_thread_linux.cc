// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>

#include "kernels/pin_thread.h"

namespace memqual::kernels {

bool pin_thread(std::thread& thread, unsigned cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (cpu >= CPU_SETSIZE) return false;
  CPU_SET(cpu, &cpus);
  return pthread_setaffinity_np(thread.native_handle(), sizeof cpus, &cpus) == 0;
}

}  // namespace memqual::kernels

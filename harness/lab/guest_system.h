// SPDX-License-Identifier: Apache-2.0
// A guest's system as memqual needs it. Only for process 1 of a guest.
#pragma once

#include "harness/lab/lab_job.h"
#include "scenarios/model/result.h"

namespace memqual {

/// /proc, /sys, /dev, /tmp and the program's environment. Errors name the mount.
Status mount_guest_system();

/// The control group hierarchy, swap and huge pages of the job.
Status apply_guest_job(const LabJob& job);

/// Loads what there is of guest_modules(). Errors: the kernel refuses one.
Status load_guest_modules();

/// The serial port to the host, without any of a terminal's habits. Errors: it is not there.
Result<int> open_guest_channel();

[[noreturn]] void power_off_guest();

}  // namespace memqual

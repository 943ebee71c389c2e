// SPDX-License-Identifier: Apache-2.0
// Of memqual-child-cuda.
#include <cerrno>
#include <string>
#include <utility>

#include "harness/child/kernel_device.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/device_pass.h"

namespace memqual::child {
namespace {

namespace k = memqual::kernels;

DeviceReport report_of(const k::cuda::Device& device, const k::cuda::DevicePassReport& run) {
  DeviceReport report;
  report.name = device.name();
  report.total_bytes = run.use.before.total;
  report.free_before_bytes = run.use.before.free;
  report.free_after_bytes = run.use.after.free;
  report.peak_bytes = run.use.peak;
  report.block_bytes = run.plan.block;
  report.copied_in_bytes = run.copied_in;
  report.copied_out_bytes = run.copied_out;
  return report;
}

// As long as the detail of a step, so that the figures come first.
k::Error refusal_of(const k::cuda::Refusal& refused) {
  return {refused.error.call + " of " + std::to_string(refused.bytes) + " bytes, " +
              std::to_string(refused.memory.free) + " of " + std::to_string(refused.memory.total) +
              " free: " + refused.error.name + " (" + std::to_string(refused.error.code) + ")",
          "", ENOMEM};
}

class CudaPassDevice final : public PassDevice {
 public:
  explicit CudaPassDevice(std::unique_ptr<k::cuda::Device> device) : device_(std::move(device)) {}

  k::Result<DeviceRun> run(const k::Kernels& kernels, k::ThreadPool& pool,
                           const k::PassRequest& request) override {
    const k::Result<k::cuda::DevicePassReport> run =
        k::cuda::run_device_pass(kernels, pool, *device_, request);
    if (!run) return run.error();
    if (run->refused) return refusal_of(*run->refused);
    return DeviceRun{run->pass, report_of(*device_, *run)};
  }

 private:
  std::unique_ptr<k::cuda::Device> device_;
};

}  // namespace

k::Result<std::unique_ptr<PassDevice>> open_pass_device() {
  k::Result<std::unique_ptr<k::cuda::Device>> device = k::cuda::open_cuda_device();
  if (!device) return k::Error{device.error().message, device.error().hint, ENODEV};
  return k::Result<std::unique_ptr<PassDevice>>(
      std::make_unique<CudaPassDevice>(*std::move(device)));
}

}  // namespace memqual::child

// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/kvm_check.h"

#include <fstream>

#include "harness/lab/kernels.h"
#include "scenarios/model/bytes.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kTrialMs = 10000;
constexpr const char* kTrialMachine = "kvm-trial";
constexpr const char* kWorks = "works";
constexpr const char* kUseTcg = "guests are emulated instead (--accel tcg)";

/// The cache is two lines: the boot that it is about, and kWorks or the reason.
std::optional<std::string> remembered(const KvmQuestion& question) {
  std::ifstream file(question.cache);
  std::string boot_id;
  std::string answer;
  if (!std::getline(file, boot_id) || !std::getline(file, answer) || boot_id != question.boot_id ||
      boot_id.empty())
    return std::nullopt;
  return answer;
}

// Where it cannot be kept the next run asks again.
void remember(const KvmQuestion& question, const std::string& answer) {
  std::error_code ignored;
  fs::create_directories(question.cache.parent_path(), ignored);
  std::ofstream(question.cache) << question.boot_id << "\n" << answer << "\n";
}

Result<fs::path> any_kernel(const LabOptions& options) {
  if (!options.kernel.empty()) return options.kernel;
  for (const DebianKernel& kernel : debian_kernels())
    if (Result<fs::path> image = find_kernel(kernel.name, options.kernel_cache)) return image;
  return find_kernel("host", options.kernel_cache);
}

Result<std::string> boot_with_kvm(LabOptions options) {
  const Result<fs::path> kernel = any_kernel(options);
  if (!kernel) return kernel.error();
  Machine machine;
  machine.name = kTrialMachine;
  machine.nodes = {{512 * kMiB, 1, {}, 0}};
  machine.kernel = kernel->string();
  options.library = {{machine}};
  options.sources = {};
  options.files = {};
  options.accelerator = Accelerator::kvm;
  const Result<std::unique_ptr<LabHost>> host = LabHost::make(std::move(options));
  if (!host) return host.error();
  Result<GuestSpec> spec = (*host)->spec_for(kTrialMachine);
  if (!spec) return spec.error();
  spec->boot_ms = kTrialMs;
  const Result<Guest> guest = Guest::boot(*spec);
  return guest ? std::string() : guest.error().message;
}

}  // namespace

std::optional<Error> reason_against_kvm(const KvmQuestion& question) {
  const std::string device = question.device.string();
  std::error_code error;
  if (!fs::exists(question.device, error)) return Error{"there is no " + device, kUseTcg};
  if (!std::fstream(question.device, std::ios::in | std::ios::out | std::ios::binary).is_open())
    return Error{device + " cannot be opened by this user", "join the group of " + device};
  std::optional<std::string> answer = remembered(question);
  if (!answer) {
    const Result<std::string> tried = question.trial();
    if (!tried)
      return Error{"KVM could not be tried: " + tried.error().message, tried.error().hint};
    answer = tried->empty() ? kWorks : escape_text(*tried, 300);
    remember(question, *answer);
  }
  if (*answer == kWorks) return std::nullopt;
  return Error{
      "a guest with KVM did not come up: " + *answer,
      "this is kept until the host boots again; to try now, remove " + question.cache.string()};
}

KvmQuestion kvm_question(const LabOptions& options) {
  KvmQuestion question;
  question.cache = options.kernel_cache.parent_path() / "kvm";
  std::ifstream("/proc/sys/kernel/random/boot_id") >> question.boot_id;
  question.trial = [options] { return boot_with_kvm(options); };
  return question;
}

Result<Accelerator> choose_accelerator(const std::string& word, const KvmQuestion& question) {
  if (word == "tcg") return Accelerator::tcg;
  if (word != "auto" && word != "kvm")
    return Error{"--accel " + word + ": no accelerator", "it is one of: auto, tcg, kvm"};
  const std::optional<Error> reason = reason_against_kvm(question);
  if (!reason) return Accelerator::kvm;
  if (word == "auto") return Accelerator::tcg;
  return Error{"--accel kvm: " + reason->message, reason->hint};
}

}  // namespace memqual

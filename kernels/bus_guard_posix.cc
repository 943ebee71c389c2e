// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "kernels/bus_guard.h"

namespace memqual::kernels {
namespace {

struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<bool> struck{false};
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);

// A signal handler can reach nothing but static storage.
struct Handler {
  std::array<Slot, 256> slots;
  std::uintptr_t page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::mutex installing;
  std::deque<struct sigaction> replaced;  // all stay: another thread may be about to call one
  std::atomic<const struct sigaction*> previous{nullptr};
};
Handler& handler() {
  static Handler instance;
  return instance;
}

void call(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  if ((action.sa_flags & SA_SIGINFO) != 0)
    action.sa_sigaction(signal, info, context);
  else
    action.sa_handler(signal);
}

void pass_on(int signal, siginfo_t* info, void* context) {
  // A handler that came after us and was replaced by us may pass on to us again.
  static thread_local bool passing = false;
  const struct sigaction* previous = handler().previous.load();
  const bool somebody = (previous->sa_flags & SA_SIGINFO) != 0 ||
                        (previous->sa_handler != SIG_DFL && previous->sa_handler != SIG_IGN);
  if (somebody && !passing) {
    passing = true;
    call(*previous, signal, info, context);
    passing = false;
    return;
  }
  // The instruction is tried again and ends the process where it happened. A signal that was sent
  // has no instruction.
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(signal, &standard, nullptr);
  if (info->si_code <= 0) ::raise(signal);
}

bool put_zeros(std::uintptr_t at, std::uintptr_t end) {
  void* place = reinterpret_cast<void*>(at);
  // Read-only, so that no amount of it is too much for any accounting of memory.
  return ::mmap(place, end - at, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
         MAP_FAILED;
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (Slot& slot : handler().slots) {
    const std::uintptr_t end = slot.end.load();
    if (address < slot.begin.load() || address >= end) continue;
    if (!put_zeros(address - address % handler().page, end)) break;
    slot.struck.store(true);
    errno = saved;
    return;
  }
  errno = saved;
  pass_on(signal, info, context);
}

void install() {
  const std::lock_guard lock(handler().installing);
  struct sigaction current {};
  ::sigaction(SIGBUS, nullptr, &current);
  if ((current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == on_bus_error) return;
  handler().replaced.push_back(current);
  handler().previous.store(&handler().replaced.back());
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

Result<BusGuard> BusGuard::make() {
  install();
  for (std::size_t i = 0; i < handler().slots.size(); ++i) {
    Slot& slot = handler().slots[i];
    if (slot.taken.exchange(true)) continue;
    slot.struck.store(false);
    return BusGuard(static_cast<int>(i));
  }
  return Error{"cannot map another file: 256 are mapped already", "use fewer threads or files"};
}

BusGuard::~BusGuard() {
  if (slot_ < 0) return;
  watch(nullptr, 0);
  handler().slots[static_cast<std::size_t>(slot_)].taken.store(false);
}

BusGuard::BusGuard(BusGuard&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

BusGuard& BusGuard::operator=(BusGuard&& other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

void BusGuard::watch(std::byte* begin, std::size_t bytes) {
  Slot& slot = handler().slots[static_cast<std::size_t>(slot_)];
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  // Empty in between: never the new begin with the old end.
  slot.end.store(0);
  slot.begin.store(address);
  slot.end.store(address + bytes);
}

bool BusGuard::struck() const {
  return handler().slots[static_cast<std::size_t>(slot_)].struck.load();
}

}  // namespace memqual::kernels

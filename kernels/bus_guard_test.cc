// SPDX-License-Identifier: Apache-2.0
#include "kernels/bus_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "kernels/fake_files.h"
#include "kernels/file.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

/// A mapping of two pages of which the file has lost the second.
struct Torn {
  Torn() {
    folder.write("torn", std::string(2 * page_size(), 'x'));
    Result<File> opened = File::open(folder.file("torn"));
    require_ok(opened);
    void* place = ::mmap(nullptr, size(), PROT_READ, MAP_SHARED, opened->descriptor(), 0);
    BOOST_REQUIRE(place != MAP_FAILED);
    data = static_cast<std::byte*>(place);
    std::filesystem::resize_file(folder.file("torn"), page_size());
  }
  ~Torn() { ::munmap(data, size()); }
  Torn(const Torn&) = delete;
  Torn& operator=(const Torn&) = delete;
  static std::size_t size() { return 2 * page_size(); }
  int beyond() const {
    return static_cast<int>(*const_cast<const volatile std::byte*>(data + page_size() + 1));
  }

  TempDir folder;
  std::byte* data = nullptr;
};

/// How a child ends that does `body`: its exit code, or minus the signal.
template <class Body>
int end_of(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bus_guards)

BOOST_AUTO_TEST_CASE(a_missing_page_reads_as_zeros_and_is_remembered) {
  const Torn torn;
  Result<BusGuard> guard = BusGuard::make();
  require_ok(guard);
  guard->watch(torn.data, Torn::size());
  BOOST_TEST(!guard->struck());
  BOOST_TEST(torn.beyond() == 0);
  BOOST_TEST(guard->struck());
}

BOOST_AUTO_TEST_CASE(threads_may_strike_at_once) {
  const Torn torn;
  Result<BusGuard> guard = BusGuard::make();
  require_ok(guard);
  guard->watch(torn.data, Torn::size());
  std::vector<std::thread> threads;
  std::vector<int> seen(8, 1);
  for (std::size_t i = 0; i < seen.size(); ++i)
    threads.emplace_back([&, i] { seen[i] = torn.beyond(); });
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(seen == std::vector<int>(8, 0));
  BOOST_TEST(guard->struck());
}

BOOST_AUTO_TEST_CASE(what_is_not_guarded_still_ends_the_process) {
  const Torn torn;
  const auto standard = [] { ::signal(SIGBUS, SIG_DFL); };
  BOOST_TEST(end_of([&] {
               standard();
               const Result<BusGuard> guard = BusGuard::make();
               torn.beyond();
             }) == -SIGBUS);
  BOOST_TEST(end_of([&] {
               standard();
               const Result<BusGuard> guard = BusGuard::make();
               ::raise(SIGBUS);
             }) == -SIGBUS);
}

BOOST_AUTO_TEST_CASE(the_handler_before_ours_gets_what_is_not_guarded) {
  const Torn torn;
  BOOST_TEST(end_of([&] {
               struct sigaction theirs {};
               theirs.sa_handler = [](int) { ::_exit(42); };
               ::sigaction(SIGBUS, &theirs, nullptr);
               const Result<BusGuard> guard = BusGuard::make();
               torn.beyond();
             }) == 42);
}

BOOST_AUTO_TEST_CASE(guards_are_given_back) {
  for (int round = 0; round < 3; ++round) {
    std::vector<BusGuard> guards;
    for (int i = 0; i < 256; ++i) {
      Result<BusGuard> guard = BusGuard::make();
      require_ok(guard);
      guards.push_back(std::move(*guard));
    }
    const Result<BusGuard> more = BusGuard::make();
    BOOST_REQUIRE(!more.ok());
    BOOST_TEST(more.error().hint == "use fewer threads or files");
  }
}

BOOST_AUTO_TEST_SUITE_END()

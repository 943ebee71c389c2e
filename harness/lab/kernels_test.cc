// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/kernels.h"

#include <boost/test/unit_test.hpp>

#include "fixtures/testing.h"

namespace memqual {
namespace {

BOOST_AUTO_TEST_SUITE(lab_kernels)

BOOST_AUTO_TEST_CASE(the_mirror_is_the_one_that_apt_uses) {
  const std::string line =
      "# deb http://old/debian x main\n"
      "deb [signed-by=/k arch=amd64] https://packages.example/apt stable main\n"
      "deb http://deb.example/debian-security bookworm-security main\n"
      "deb http://mirror.example/debian/ bookworm main\n";
  BOOST_TEST(debian_mirror({line}) == "http://mirror.example/debian/");
  const std::string deb822 = "Types: deb\nURIs: https://mirror.example/debian\nSuites: bookworm\n";
  BOOST_TEST(debian_mirror({"", deb822}) == "https://mirror.example/debian");
  BOOST_TEST(debian_mirror({"deb file:///srv/debian x main\n"}) == "http://deb.debian.org/debian");
  BOOST_TEST(debian_mirror({}) == "http://deb.debian.org/debian");
}

BOOST_AUTO_TEST_CASE(the_package_is_what_the_meta_package_needs) {
  BOOST_TEST(kernel_package("Package: linux-image-cloud-amd64\nSource: x\n"
                            "Depends: linux-image-6.1.0-50-cloud-amd64 (= 6.1.176-1)\n") ==
             "linux-image-6.1.0-50-cloud-amd64");
  BOOST_TEST(kernel_package("Package: x\nDepends: libc6, linux-image-5.10.0-32-cloud-amd64\n") ==
             "linux-image-5.10.0-32-cloud-amd64");
  BOOST_TEST(kernel_package("Package: linux-image-cloud-amd64\n") == "");
}

BOOST_AUTO_TEST_CASE(a_kernel_that_is_not_there_names_the_command_that_gets_it) {
  const testing::TempDir cache;
  const auto missing = find_kernel("debian-6.1", cache.path());
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(missing.error().hint == "memqual lab fetch debian-6.1");
  testing::write_file(cache.path() / "debian-6.1/vmlinuz", "x");
  BOOST_TEST(find_kernel("debian-6.1", cache.path()).ok());
  BOOST_TEST(find_kernel((cache.path() / "debian-6.1/vmlinuz").string(), cache.path()).ok());
  BOOST_TEST(!find_kernel("/nonexistent/bzImage", cache.path()).ok());
  const auto unknown = find_kernel("debian-6.2", cache.path());
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().message.find("did you mean \"debian-6.1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_hosts_kernel_is_the_one_that_runs) {
  const testing::TempDir boot;
  testing::write_file(boot.path() / "vmlinuz-0.1-other", "x");
  const auto other = find_kernel("host", boot.path(), boot.path());
  BOOST_REQUIRE(!other.ok());
  BOOST_TEST(other.error().message.find(" is not there") != std::string::npos);
  BOOST_TEST(other.error().hint.find("--kernel PATH") != std::string::npos);
  std::string release = testing::read_file("/proc/sys/kernel/osrelease");
  release.pop_back();
  testing::write_file(boot.path() / ("vmlinuz-" + release), "x");
  const auto running = find_kernel("host", boot.path(), boot.path());
  BOOST_REQUIRE(running.ok());
  BOOST_TEST((*running == boot.path() / ("vmlinuz-" + release)));
}

BOOST_AUTO_TEST_CASE(modules_lie_beside_the_image_compressed_or_not) {
  const testing::TempDir cache;
  const std::filesystem::path folder = modules_of(cache.path() / "debian-6.12/vmlinuz");
  BOOST_TEST(folder == cache.path() / "debian-6.12/modules");
  BOOST_TEST(module_file(folder, "zram").empty());
  std::filesystem::create_directories(folder);
  testing::write_file(folder / "zram.ko.xz", "x");
  testing::write_file(folder / "zsmalloc.ko", "x");
  BOOST_TEST(module_file(folder, "zram") == folder / "zram.ko.xz");
  BOOST_TEST(module_file(folder, "zsmalloc") == folder / "zsmalloc.ko");
  // What depends on others comes after them.
  BOOST_TEST(guest_modules().front() == "zsmalloc");
  BOOST_TEST(guest_modules().back() == "zram");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/guest_console.h"

#include <boost/test/unit_test.hpp>

#include "fixtures/testing.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

BOOST_AUTO_TEST_SUITE(lab_guest_console)

BOOST_AUTO_TEST_CASE(a_panic_ends_the_console_and_the_last_lines_are_told_escaped) {
  const testing::TempDir folder;
  testing::write_file(folder.path() / kConsoleFile, "1\n2\n3\n4\n5\n6\n7\n8\n9\x1b[2J\n");
  BOOST_TEST(console_end(folder.path()).size() == 8U);
  BOOST_TEST(!ends_with_panic(console_end(folder.path())));
  BOOST_TEST(console_in_words(console_end(folder.path())).find('\x1b') == std::string::npos);
  testing::write_file(folder.path() / kConsoleFile, "a\nKernel panic - not syncing\nRIP: 0\n");
  BOOST_TEST(ends_with_panic(console_end(folder.path())));
  BOOST_TEST(console_in_words(console_end(folder.path())) ==
             "its console ends with | a | Kernel panic - not syncing");
  BOOST_TEST(console_in_words({}) == "its console is empty");
}

BOOST_AUTO_TEST_CASE(what_became_too_long_is_emptied) {
  const testing::TempDir folder;
  testing::write_file(folder.path() / kConsoleFile, std::string(5 * kMiB, 'x'));
  testing::write_file(folder.path() / kErrorFile, "short");
  keep_console_short(folder.path());
  BOOST_TEST(std::filesystem::file_size(folder.path() / kConsoleFile) == 0U);
  BOOST_TEST(std::filesystem::file_size(folder.path() / kErrorFile) == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual

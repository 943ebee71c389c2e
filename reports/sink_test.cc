// SPDX-License-Identifier: Apache-2.0
#include "reports/sink.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "reports/render.h"
#include "reports/sample_record.h"
#include "reports/testing.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;
using namespace testing;

std::string error_of(const ReportRequest& request) {
  const Result<std::unique_ptr<Sink>> sink = make_report_sink(request);
  return sink.ok() ? "" : to_string(sink.error());
}

Status run_through(const ReportRequest& request) {
  const Result<std::unique_ptr<Sink>> sink = make_report_sink(request);
  if (!sink) return sink.error();
  (*sink)->run_started(sample_record(), 0);
  return (*sink)->run_ended(sample_record());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sink)

BOOST_AUTO_TEST_CASE(a_request_is_a_format_and_a_path) {
  const Result<ReportRequest> request = parse_report_request("html=out=1.html");
  BOOST_REQUIRE(request.ok());
  BOOST_TEST((*request == ReportRequest{"html", "out=1.html"}));
}

BOOST_AUTO_TEST_CASE(a_bad_request_says_what_to_write_instead) {
  const auto message = [](const std::string& text) {
    const Result<ReportRequest> request = parse_report_request(text);
    return request.ok() ? "accepted" : to_string(request.error());
  };
  BOOST_TEST(contains(message("report.html"), "FORMAT=PATH"));
  BOOST_TEST(contains(message("htm=x"), "did you mean \"html\""));
  BOOST_TEST(contains(message("=x"), "console, html, json or junit"));
  BOOST_TEST(contains(message("json="), "the path is empty"));
  BOOST_TEST(contains(message(std::string("json=a\0b", 8)), "NUL"));
  BOOST_TEST(!contains(message("a\x1b[31m=x"), "\x1b"));
}

BOOST_AUTO_TEST_CASE(every_format_writes_what_its_renderer_says) {
  const Folder folder;
  const std::pair<const char*, std::string> rows[] = {
      {"json", render_json(sample_record())},
      {"junit", render_junit(sample_record())},
      {"html", render_html(sample_record())},
      {"console", render_console(sample_record(), {})},
  };
  BOOST_TEST(std::size(rows) == report_formats().size());
  for (const auto& [format, expected] : rows) {
    const fs::path path = folder.path / format;
    BOOST_TEST(run_through({format, path.string()}).ok());
    BOOST_TEST((content(path) == expected), format);
  }
  BOOST_TEST(folder.entries() == std::size(rows), "a temporary file was left behind");
}

BOOST_AUTO_TEST_CASE(an_old_report_stays_until_the_new_one_is_whole) {
  const Folder folder;
  const fs::path path = folder.path / "r.json";
  write(path, "old");
  {
    const auto sink = make_report_sink({"json", path.string()});
    BOOST_REQUIRE(sink.ok());
    (*sink)->run_started(sample_record(), 0);
    BOOST_TEST(content(path) == "old");
  }
  BOOST_TEST(content(path) == "old");
  BOOST_TEST(folder.entries() == 1U);
  BOOST_TEST(run_through({"json", path.string()}).ok());
  BOOST_TEST((content(path) == render_json(sample_record())));
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_written_is_found_before_the_run) {
  const Folder folder;
  const std::string missing = (folder.path / "no/such/r.html").string();
  BOOST_TEST(contains(error_of({"html", missing}), missing));
  BOOST_TEST(contains(error_of({"html", missing}), "mkdir -p"));
  BOOST_TEST(contains(error_of({"html", folder.path.string()}), "Is a directory"));
  BOOST_TEST(contains(error_of({"html", "/proc/memqual.html"}), "/proc/memqual.html"));
  BOOST_TEST(contains(error_of({"pdf", "x"}), "unknown report format"));
}

BOOST_AUTO_TEST_CASE(a_folder_without_write_permission_is_found_before_the_run) {
  if (geteuid() == 0) {
    std::puts("SKIPPED: root may write everywhere");
    return;
  }
  const Folder folder;
  fs::permissions(folder.path, fs::perms::owner_read | fs::perms::owner_exec);
  BOOST_TEST(contains(error_of({"html", (folder.path / "r").string()}), "Permission denied"));
  fs::permissions(folder.path, fs::perms::owner_all);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual

// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <memory>

#include "reports/console_text.h"
#include "reports/render.h"
#include "reports/sample_record.h"
#include "reports/summary.h"

namespace memqual {
namespace {

/// What the sink writes over a whole run.
std::string written(const RunRecord& record, const ConsoleStyle& style) {
  char* buffer = nullptr;
  std::size_t size = 0;
  std::FILE* out = open_memstream(&buffer, &size);
  BOOST_REQUIRE(out);
  const std::unique_ptr<Sink> sink = make_console_sink(out, style);
  RunRecord start = record;
  start.cases.clear();
  sink->run_started(start, record.cases.size());
  for (std::size_t i = 0; i < record.cases.size(); ++i) {
    sink->case_ended(record.cases[i], i + 1, record.cases.size());
  }
  BOOST_TEST(sink->run_ended(record).ok());
  std::fclose(out);
  std::string text(buffer, size);
  std::free(buffer);  // NOLINT: open_memstream's buffer belongs to malloc
  return text;
}

/// What a terminal shows in the end: \r goes back to the start of the line, text overwrites.
std::string on_screen(const std::string& text) {
  std::string shown;
  std::string line;
  std::size_t at = 0;
  for (const char c : text) {
    if (c == '\n') {
      line.erase(line.find_last_not_of(' ') + 1);
      shown += line + "\n";
      line.clear();
      at = 0;
    } else if (c == '\r') {
      at = 0;
    } else {
      if (at == line.size()) line += ' ';
      line[at++] = c;
    }
  }
  return shown + line;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t hits = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++hits;
  }
  return hits;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(console)

BOOST_AUTO_TEST_CASE(the_sink_writes_what_the_rendered_report_says) {
  BOOST_TEST(written(sample_record(), {}) == render_console(sample_record(), {}));
}

BOOST_AUTO_TEST_CASE(plain_text_has_no_escape_and_no_carriage_return) {
  const std::string text = written(sample_record(), {});
  BOOST_TEST(!contains(text, "\x1b"));
  BOOST_TEST(!contains(text, "\r"));
}

BOOST_AUTO_TEST_CASE(colour_only_adds_escapes) {
  ConsoleStyle style;
  style.colour = true;
  std::string text = render_console(sample_record(), style);
  BOOST_TEST(contains(text, "\x1b[1;31m"));
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  BOOST_TEST(text == render_console(sample_record(), {}));
}

BOOST_AUTO_TEST_CASE(without_unicode_the_harness_writes_ascii) {
  ConsoleStyle style;
  style.unicode = false;
  for (const char c : render_console(sample_record(), style)) {
    BOOST_REQUIRE((static_cast<unsigned char>(c) < 0x80));
  }
}

BOOST_AUTO_TEST_CASE(the_progress_line_leaves_no_trace) {
  ConsoleStyle style;
  style.live = true;
  style.unicode = false;
  style.width = 40;
  ConsoleStyle plain = style;
  plain.live = false;
  const std::string live = written(sample_record(), style);
  BOOST_TEST(contains(live, "[12/29]"));
  BOOST_TEST(on_screen(live) == on_screen(written(sample_record(), plain)));
}

BOOST_AUTO_TEST_CASE(the_progress_line_fits_the_width) {
  ConsoleStyle style;
  style.live = true;
  style.quiet = true;
  for (const unsigned width : {1U, 2U, 10U, 80U}) {
    style.width = width;
    std::string text = written(sample_record(), style);
    text.resize(text.rfind('\r'));
    std::size_t start = 0;
    for (std::size_t at = text.find('\r'); at != std::string::npos; at = text.find('\r', start)) {
      BOOST_TEST(columns(text.substr(start, at - start)) < width + (width == 1 ? 1 : 0));
      start = at + 1;
    }
  }
}

BOOST_AUTO_TEST_CASE(quiet_is_one_line) {
  ConsoleStyle style;
  style.quiet = true;
  BOOST_TEST(written(sample_record(), style) == summary_line(sample_record()) + "\n");
}

BOOST_AUTO_TEST_CASE(verbose_shows_the_evidence_of_passing_cases) {
  ConsoleStyle style;
  style.verbose = true;
  const RunRecord record = sample_record();
  const std::string text = render_console(record, style);
  BOOST_TEST(count(text, "\n      repeat ") == record.cases.size());
  BOOST_TEST(contains(text, "Memory cgroup out of memory: Killed process 4711"));
}

BOOST_AUTO_TEST_CASE(after_twenty_failures_only_their_lines_are_shown) {
  RunRecord record = sample_record();
  const CaseRecord failed = record.cases[9];
  BOOST_REQUIRE((failed.verdict.status == CaseStatus::fail));
  record.cases.assign(60, failed);
  const std::string text = written(record, {});
  BOOST_TEST(count(text, "\n      repeat ") == kFullBlocks);
  BOOST_TEST(count(text, "✗ FAIL ") == 60U + 50U);
  BOOST_TEST(contains(text, "and 10 more"));
}

BOOST_AUTO_TEST_CASE(a_stream_that_cannot_be_written_is_an_error_at_the_end) {
  std::FILE* out = std::fopen("/dev/full", "w");
  if (!out) {
    std::puts("SKIPPED: no /dev/full on this system");
    return;
  }
  const std::unique_ptr<Sink> sink = make_console_sink(out, {});
  sink->run_started(sample_record(), 1);
  const Status status = sink->run_ended(sample_record());
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST(contains(status.error().message, "No space left on device"));
  std::fclose(out);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual

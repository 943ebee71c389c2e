// SPDX-License-Identifier: Apache-2.0
// Prints the sample record in a report format, or the schema of the JSON report: for tests in other
// languages, and for looking at a change of a report without running anything.
#include <cstdio>
#include <string_view>

#include "reports/render.h"
#include "reports/sample_record.h"
#include "scenarios/model/record_codec.h"

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  std::string text;
  if (what == "json") text = memqual::render_json(memqual::sample_record());
  if (what == "hostile-json") text = memqual::render_json(memqual::hostile_record());
  if (what == "junit") text = memqual::render_junit(memqual::sample_record());
  if (what == "html") text = memqual::render_html(memqual::sample_record());
  if (what == "hostile-html") text = memqual::render_html(memqual::hostile_record());
  if (what == "large-html") text = memqual::render_html(memqual::large_record(1000));
  if (what == "console") text = memqual::render_console(memqual::sample_record(), {});
  if (what == "schema") text = memqual::report_schema();
  if (text.empty()) {
    std::fputs(
        "usage: report_sample "
        "json|hostile-json|junit|html|hostile-html|large-html|console|schema\n",
        stderr);
    return 2;
  }
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}

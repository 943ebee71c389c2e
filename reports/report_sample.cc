// SPDX-License-Identifier: Apache-2.0
// Prints an invented record in a report format, or a stored one, or the schema of the JSON report:
// for tests in other languages, and for looking at a change of a report without running anything.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "reports/render.h"
#include "reports/sample_record.h"
#include "scenarios/model/record_codec.h"

namespace {

/// "sample", "lab", "hostile", "large", or the path of a JSON report.
std::optional<memqual::RunRecord> record_of(const std::string& what) {
  if (what == "sample") return memqual::sample_record();
  if (what == "lab") return memqual::lab_record();
  if (what == "hostile") return memqual::hostile_record();
  if (what == "large") return memqual::large_record(1000);
  std::ifstream file(what, std::ios::binary);
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  memqual::Result<memqual::RunRecord> record = memqual::decode_run_record(json);
  if (record) return *std::move(record);
  std::fprintf(stderr, "%s: %s\n", what.c_str(), record.error().message.c_str());
  return std::nullopt;
}

std::string rendered(const memqual::RunRecord& record, std::string_view format) {
  if (format == "json") return memqual::render_json(record);
  if (format == "junit") return memqual::render_junit(record);
  if (format == "html") return memqual::render_html(record);
  return format == "console" ? memqual::render_console(record, {}) : std::string();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view format = argc > 1 ? argv[1] : "";
  std::string text;
  if (format == "schema") {
    text = memqual::report_schema();
  } else if (argc < 4) {
    const auto record = record_of(argc == 3 ? argv[2] : "sample");
    if (!record) return 1;
    text = rendered(*record, format);
  }
  if (text.empty()) {
    std::fputs(
        "usage: report_sample json|junit|html|console [sample|lab|hostile|large|REPORT.json]\n"
        "       report_sample schema\n",
        stderr);
    return 2;
  }
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}

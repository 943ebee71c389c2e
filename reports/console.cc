// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "reports/console_text.h"
#include "reports/sink.h"
#include "reports/summary.h"

namespace memqual {
namespace {

class ConsoleSink final : public Sink {
 public:
  ConsoleSink(std::FILE* out, const ConsoleStyle& style) : out_(out), style_(style) {}

  void run_started(const RunRecord& record, std::size_t total) override {
    put(console_header(record, total, style_));
    show_progress(fmt::format("[0/{}] starting", total));
  }

  void case_ended(const CaseRecord& record, std::size_t ended, std::size_t total) override {
    const bool wanted = needs_attention(record.verdict.status);
    if (!style_.quiet) {
      const bool full = style_.verbose || (wanted && blocks_ < kFullBlocks);
      put(console_case(record, style_, full));
    }
    if (wanted) ++blocks_;
    std::string line = fmt::format("[{}/{}] {} {} {}", ended, total, display_name(record),
                                   style_.unicode ? "→" : "->", outcome_words(record).what);
    if (blocks_ > 0)
      line = fmt::format("[{}/{}] {} need attention; {}", ended, total, blocks_,
                         line.substr(line.find(' ') + 1));
    if (ended < total) show_progress(line);
  }

  Status run_ended(const RunRecord& record) override {
    put(console_footer(record, style_));
    if (!failed_) return done();
    return Error{"cannot write the console report: " + std::generic_category().message(failed_),
                 "the exit status and the --report files are not affected"};
  }

 private:
  /// Writes what stays; a progress line is wiped first with spaces, which every terminal knows.
  void put(const std::string& text) {
    if (text.empty()) return;
    std::string all;
    if (progress_columns_ > 0) all = "\r" + std::string(progress_columns_, ' ') + "\r";
    progress_columns_ = 0;
    write(all + text);
  }

  void show_progress(const std::string& line) {
    if (!style_.live) return;
    // The last column is left free: some terminals wrap as soon as it is filled.
    const std::string text = cut_to(line, style_.width > 1 ? style_.width - 1 : 0);
    const std::size_t width = columns(text);
    const std::size_t wipe = progress_columns_ > width ? progress_columns_ - width : 0;
    write("\r" + text + std::string(wipe, ' '));
    progress_columns_ = std::max(width, progress_columns_);
  }

  void write(const std::string& text) {
    if (failed_) return;
    errno = 0;
    const bool ok = std::fwrite(text.data(), 1, text.size(), out_) == text.size();
    if (!ok || std::fflush(out_) != 0) failed_ = errno != 0 ? errno : EIO;
  }

  std::FILE* out_;
  ConsoleStyle style_;
  std::size_t blocks_ = 0;            ///< cases that need attention, so far
  std::size_t progress_columns_ = 0;  ///< of the progress line that is on the screen
  int failed_ = 0;                    ///< errno of the first failed write
};

}  // namespace

std::unique_ptr<Sink> make_console_sink(std::FILE* out, const ConsoleStyle& style) {
  return std::make_unique<ConsoleSink>(out, style);
}

}  // namespace memqual

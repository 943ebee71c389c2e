// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/lab/lab_channel.h"

namespace memqual {
namespace {

using Clock = std::chrono::steady_clock;

int left_ms(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1000 * 1000));
}

}  // namespace

Status LabChannel::send(std::string_view word, std::string_view rest,
                        std::chrono::milliseconds within) {
  const Clock::time_point end = Clock::now() + within;
  const std::lock_guard lock(sending_);
  std::string text(word);
  if (!rest.empty()) text += " " + std::string(rest);
  const std::string line = encode_lab_line({++sent_, text});
  std::string_view left = line;
  while (!left.empty()) {
    pollfd wait{out_, POLLOUT, 0};
    if (poll(&wait, 1, left_ms(end)) == 0)
      return Error{"the other side of the lab's channel does not read", ""};
    const ssize_t size = write(out_, left.data(), std::min<std::size_t>(left.size(), 4096));
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0)
      return Error{std::string("cannot write to the lab's channel: ") + std::strerror(errno), ""};
    left.remove_prefix(static_cast<std::size_t>(size));
  }
  return done();
}

Result<LabChannel::Event> LabChannel::receive(LabMessage& out, std::chrono::milliseconds within,
                                              const StopToken& stop) {
  const Clock::time_point end = Clock::now() + within;
  char buffer[65536];
  for (;;) {
    std::string text;
    const Result<bool> got = reader_.next(text);
    if (!got) return got.error();
    if (*got) {
      const std::size_t space = text.find(' ');
      out.word = text.substr(0, space);
      out.rest = space == std::string::npos ? "" : text.substr(space + 1);
      return Event::message;
    }
    const int wait_ms = left_ms(end);
    if (wait_ms == 0) return Event::silence;
    pollfd waits[2] = {{in_, POLLIN, 0}, {stop.fd, POLLIN, 0}};  // -1 is left out by poll
    if (poll(waits, 2, wait_ms) < 0) continue;
    if (waits[1].revents != 0 && stop.level() > 0) return Event::stop;
    if (waits[0].revents == 0) continue;
    const ssize_t size = read(in_, buffer, sizeof buffer);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size > 0) {
      reader_.take(std::string_view(buffer, static_cast<std::size_t>(size)));
      continue;
    }
    if (reader_.in_the_middle()) return Error{"the guest's last line is cut", ""};
    return Event::end;
  }
}

}  // namespace memqual

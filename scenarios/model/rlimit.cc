// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/rlimit.h"

#include <string>

namespace memqual {
namespace {

constexpr std::string_view kOwnUse = "own_use";

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

}  // namespace

bool takes_own_use(RlimitResource resource) {
  return resource == RlimitResource::address_space || resource == RlimitResource::data;
}

Result<RlimitSetting> parse_rlimit(RlimitResource resource, std::string_view text) {
  RlimitSetting setting;
  setting.resource = resource;
  setting.unlimited = text == "unlimited";
  if (setting.unlimited) return setting;
  std::string_view rest = without_spaces(text);
  setting.beyond_own_use = takes_own_use(resource) && rest.starts_with(kOwnUse);
  if (setting.beyond_own_use) {
    rest = without_spaces(rest.substr(kOwnUse.size()));
    if (rest.empty())
      rest = "0 B";
    else if (rest.front() != '+')
      return Error{"own_use is followed by something else than + and a size",
                   "write for instance own_use + 64 MiB"};
    else
      rest.remove_prefix(1);
  }
  Result<Size> size = parse_size(rest);
  if (!size) return size.error();
  setting.value = *std::move(size);
  setting.value.text = std::string(text);
  return setting;
}

}  // namespace memqual

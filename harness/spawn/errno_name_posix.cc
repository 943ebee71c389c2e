// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <map>
#include <string>

#include "harness/spawn/interpret.h"

namespace memqual {

std::string errno_name(int error) {
  static const std::map<int, const char*> names{
      {EPERM, "EPERM"},     {ENOENT, "ENOENT"},       {EINTR, "EINTR"},
      {EIO, "EIO"},         {EBADF, "EBADF"},         {EAGAIN, "EAGAIN"},
      {ENOMEM, "ENOMEM"},   {EACCES, "EACCES"},       {EFAULT, "EFAULT"},
      {EBUSY, "EBUSY"},     {EEXIST, "EEXIST"},       {ENODEV, "ENODEV"},
      {EINVAL, "EINVAL"},   {ENFILE, "ENFILE"},       {EMFILE, "EMFILE"},
      {EFBIG, "EFBIG"},     {ENOSPC, "ENOSPC"},       {EROFS, "EROFS"},
      {ENOSYS, "ENOSYS"},   {EOVERFLOW, "EOVERFLOW"}, {EOPNOTSUPP, "EOPNOTSUPP"},
      {ENOEXEC, "ENOEXEC"}, {E2BIG, "E2BIG"},         {EDQUOT, "EDQUOT"},
  };
  const auto found = names.find(error);
  return found != names.end() ? found->second : "errno " + std::to_string(error);
}

}  // namespace memqual

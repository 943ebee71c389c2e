// SPDX-License-Identifier: Apache-2.0
// How a budget of device memory is divided: one block, cut into slots; each slot holds one tile on
// its way in, through the chain and out.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/cuda/chain.h"
#include "kernels/pass.h"
#include "kernels/result.h"
#include "kernels/tiling.h"

namespace memqual::kernels::cuda {

/// How tiles get from the host's memory to where the device copies from, and back.
enum class Staging {
  copied,    ///< through pinned buffers of the pass: any source, any sink
  pinned,    ///< the arrays' own memory is pinned for the time of the pass: they must be memory
  in_place,  ///< that memory was pinned before: nothing is done to it
};

struct DeviceOptions {
  /// Tiles under way at the same time, each on a stream of its own. 2: one goes in while the other
  /// goes out. 3: and a third is filled by the host meanwhile.
  std::size_t slots = 2;
  Staging staging = Staging::copied;
};

/// Where the parts of a slot begin, in bytes from its start; a part that is not there has no bytes.
struct SlotLayout {
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t units = 0;
  std::size_t bytes = 0;  ///< of the whole slot
};

struct DevicePlan {
  Chain chain;
  TileChoice tile;
  std::size_t tiles = 0;
  std::size_t slots = 0;      ///< no more than there are tiles
  SlotLayout device;          ///< of a slot on the device
  SlotLayout host;            ///< of its pinned buffers
  std::size_t block = 0;      ///< bytes taken from the device: within the budget
  std::size_t pinned = 0;     ///< bytes of pinned buffers
  bool returns_data = false;  ///< the result comes back, for a sink or a checksum
};

/// `granularity`: the device gives memory in multiples of it. An Error where the budget does not
/// hold one smallest tile per slot, where a step does not run on the device, and where the staging
/// does not suit the arrays.
Result<DevicePlan> make_device_plan(const Kernels& kernels, const PassRequest& request,
                                    const DeviceOptions& options, std::size_t granularity);

}  // namespace memqual::kernels::cuda

// SPDX-License-Identifier: Apache-2.0
// Marks a function that is compiled for the processor and, where CUDA's compiler reads it, for the
// GPU too.
#pragma once

#ifdef __CUDACC__
#define MEMQUAL_ON_DEVICE __host__ __device__
#else
#define MEMQUAL_ON_DEVICE
#endif

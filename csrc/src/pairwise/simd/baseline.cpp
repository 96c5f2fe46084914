// Whatever every machine of the architecture has: SSE2 on x86-64, NEON on AArch64.
#define OTNAS_SIMD_NAME baseline_kernels
#define OTNAS_SIMD_LABEL "baseline"
#define OTNAS_SIMD_BYTES 16
#include "pairwise/simd/kernels.inl"

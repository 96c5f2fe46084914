#define OTNAS_SIMD_NAME avx2_kernels
#define OTNAS_SIMD_LABEL "avx2"
#define OTNAS_SIMD_BYTES 32
#include "pairwise/simd/kernels.inl"

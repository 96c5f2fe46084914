#pragma once
// The core as a table of C functions, for extension modules: otnas_fast/__init__.pxd declares the
// same for Cython. Nothing needs the interpreter lock; nothing throws.
//
// Functions are added at the end, and never changed or removed; structs are never changed:
// tests/contract/c_functions.txt holds what has been promised.
#include <cstddef>
#include <cstdint>

#include "otnas/dpp/dpp.hpp"
#include "otnas/pairwise/embedding.hpp"
#include "otnas/trees/tree_metric.hpp"

namespace otnas::bindings::c {

/// What most functions return.
enum Status : int {
  kDone = 0,
  kInvalid = 1,    ///< a bad argument
  kNumerical = 2,  ///< NumericalError
  kNoMemory = 3,
  kFailed = 4,  ///< anything else
};

/// Cells as in otnas_fast.CellArray.
struct Cells {
  const std::int64_t* offsets;      ///< (count + 1,)
  const std::uint32_t* successors;  ///< (vertices,)
  const std::uint8_t* codes;        ///< (vertices,)
  std::size_t count;
  std::size_t vertices;
};

/// Vectors as in otnas_fast.Embedding, without names of blocks.
struct Rows {
  const double* vectors;  ///< (distinct, dim), row-major, of magnitude at most 1e300
  std::size_t distinct;
  std::size_t dim;
  const std::int64_t* index;  ///< (count,): which vector each row is; null if row i is vector i
  std::size_t count;
};

struct KDPP;

struct Functions {
  int version;  ///< 1
  int count;    ///< of the functions that follow

  // c_call.cpp
  const char* (*last_error)();

  // c_cells.cpp
  int (*embedder_new)(const int* families, std::size_t operations, double alpha,
                      const int* measures, std::size_t measure_count, int max_layers,
                      CellEmbedder** embedder);
  void (*embedder_free)(CellEmbedder* embedder);
  std::size_t (*embedder_dimension)(const CellEmbedder* embedder);
  int (*embed_cells)(const CellEmbedder* embedder, const Cells* cells, double* out, int threads);

  // c_pairwise.cpp
  int (*l1_distances)(const Rows* a, const Rows* b, std::size_t begin, std::size_t end, double* out,
                      std::size_t out_stride, int threads);
  int (*laplace_gram)(const Rows* a, const Rows* b, const double* scale, double variance,
                      double* out, std::size_t out_stride, int threads);

  // c_trees.cpp
  int (*tree_new)(const int* parents, const double* weights, std::size_t nodes, TreeMetric** tree);
  void (*tree_free)(TreeMetric* tree);
  int (*tree_embed)(const TreeMetric* tree, const double* measures, std::size_t count, double* out);
  int (*tree_wasserstein)(const TreeMetric* tree, const double* mu, const double* nu,
                          std::size_t count, double* out);

  // c_dpp.cpp
  int (*kdpp_new)(const double* L, std::size_t n, KDPP** kdpp);
  int (*kdpp_from_factor)(const double* B, std::size_t n, std::size_t r, KDPP** kdpp);
  void (*kdpp_free)(KDPP* kdpp);
  std::size_t (*kdpp_rank)(const KDPP* kdpp);
  int (*kdpp_sample)(KDPP* kdpp, std::size_t k, const std::uint64_t* seeds, std::size_t draws,
                     std::int64_t* out, int threads);
  int (*greedy_map)(const double* L, std::size_t n, std::size_t k, std::int64_t* out);
};

void fill_cells(Functions& table);
void fill_pairwise(Functions& table);
void fill_trees(Functions& table);
void fill_dpp(Functions& table);

}  // namespace otnas::bindings::c

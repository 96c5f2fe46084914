# cython: language_level=3
"""The core for Cython: a table of C functions that need neither the interpreter lock nor linking.

    from otnas_fast cimport Functions, Rows, check, functions, rows

    cdef const Functions* otnas = functions()           # once, when the module is imported

    def gram(const double[:, ::1] a, const double[::1] scale, double[:, ::1] out):
        cdef Rows items = rows(a)
        cdef int status
        with nogil:
            status = otnas.laplace_gram(&items, &items, &scale[0], 1.0, &out[0, 0], out.shape[1], 1)
        check(otnas, status)

See docs/cython.md. Functions are added at the end of the table, and never changed or removed;
structs are never changed. A module works with every otnas_fast that is not older than the one it
was built with, and says so where it is not.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef extern from *:
    """
    typedef struct otnas_embedder otnas_embedder;
    typedef struct otnas_tree otnas_tree;
    typedef struct otnas_kdpp otnas_kdpp;
    """
    # Each is made by its *_new function and released by its *_free, which takes NULL too.
    ctypedef struct Embedder "otnas_embedder":
        pass
    ctypedef struct Tree "otnas_tree":
        pass
    ctypedef struct KDPP "otnas_kdpp":
        pass

cdef enum Status:
    DONE = 0
    INVALID = 1  # a bad argument
    NUMERICAL = 2  # as otnas_fast.NumericalError
    NO_MEMORY = 3
    FAILED = 4

cdef enum Measure:
    OPERATIONS_1 = 0
    OPERATIONS_2 = 1
    INDEGREE = 2
    OUTDEGREE = 3
    SIZES = 4
    DEPTH = 5
    TERMINALS = 6

# Cells as the arrays of otnas_fast.CellArray.
cdef struct Cells:
    const int64_t* offsets  # (count + 1,)
    const uint32_t* successors  # (vertices,)
    const uint8_t* codes  # (vertices,)
    size_t count
    size_t vertices

# Vectors as in otnas_fast.Embedding.
cdef struct Rows:
    const double* vectors  # (distinct, dim), C order, of magnitude at most 1e300
    size_t distinct
    size_t dim
    const int64_t* index  # (count,): which vector each row is; NULL if row i is vector i
    size_t count

# Functions that return int return a Status. Arrays are in C order; threads = 0 means all available.
# What an embedder, tree or k-DPP is made from is copied.
cdef struct Functions:
    int version
    int count

    # Why the last call of this thread failed.
    const char* (*last_error)() noexcept nogil

    # Vectors of cells. families (operations,): of each operation, from 0 without a gap.
    int (*embedder_new)(const int* families, size_t operations, double alpha, const int* measures, size_t measure_count, int max_layers, Embedder** embedder) noexcept nogil
    void (*embedder_free)(Embedder* embedder) noexcept nogil
    size_t (*embedder_dimension)(const Embedder* embedder) noexcept nogil
    # out (count, dimension)
    int (*embed_cells)(const Embedder* embedder, const Cells* cells, double* out, int threads) noexcept nogil

    # Sum over the coordinates [begin, end) of |a - b|; out (a.count, b.count), element (i, j) at
    # out[i * out_stride + j].
    int (*l1_distances)(const Rows* a, const Rows* b, size_t begin, size_t end, double* out, size_t out_stride, int threads) noexcept nogil
    # variance * exp(-sum of scale * |a - b|); scale (dim,), at least 0
    int (*laplace_gram)(const Rows* a, const Rows* b, const double* scale, double variance, double* out, size_t out_stride, int threads) noexcept nogil

    # As otnas_fast.TreeMetric. measures, mu, nu (count, nodes).
    int (*tree_new)(const int* parents, const double* weights, size_t nodes, Tree** tree) noexcept nogil
    void (*tree_free)(Tree* tree) noexcept nogil
    # out (count, nodes)
    int (*tree_embed)(const Tree* tree, const double* measures, size_t count, double* out) noexcept nogil
    # out (count,)
    int (*tree_wasserstein)(const Tree* tree, const double* mu, const double* nu, size_t count, double* out) noexcept nogil

    # As otnas_fast.KDPP: of L (n, n), or of B @ B.T with B (n, r).
    int (*kdpp_new)(const double* L, size_t n, KDPP** kdpp) noexcept nogil
    int (*kdpp_from_factor)(const double* B, size_t n, size_t r, KDPP** kdpp) noexcept nogil
    void (*kdpp_free)(KDPP* kdpp) noexcept nogil
    size_t (*kdpp_rank)(const KDPP* kdpp) noexcept nogil
    # One set for each of the seeds: out (draws, k), every row ascending.
    int (*kdpp_sample)(KDPP* kdpp, size_t k, const uint64_t* seeds, size_t draws, int64_t* out, int threads) noexcept nogil
    # As otnas_fast.map_kdpp: out (k,), in the order chosen.
    int (*greedy_map)(const double* L, size_t n, size_t k, int64_t* out) noexcept nogil


cdef inline const Functions* functions() except NULL:
    """The table of the installed otnas_fast; ImportError if that lacks some of the functions."""
    from otnas_fast._core import c_functions

    cdef const Functions* table = <const Functions*> PyCapsule_GetPointer(
        c_functions(), "otnas_fast.c_functions"
    )
    cdef int declared = (sizeof(Functions) - 2 * sizeof(int)) // sizeof(void*)
    if table.version != 1 or table.count < declared:
        raise ImportError(
            f"otnas_fast: expected at least the one that this module was built with, with "
            f"{declared} C functions of version 1, got {table.count} of version {table.version}"
        )
    return table


cdef inline int check(const Functions* table, int status) except -1:
    """Raise the exception that the Python functions raise, unless the status is DONE."""
    if status == DONE:
        return 0
    message = table.last_error().decode("utf-8", "replace")
    if status == NUMERICAL:
        from otnas_fast import NumericalError

        raise NumericalError(message)
    if status == NO_MEMORY:
        raise MemoryError(message)
    raise (ValueError if status == INVALID else RuntimeError)(message)


cdef inline Rows rows(const double[:, ::1] vectors, const int64_t[::1] index=None) noexcept nogil:
    """Pointers into memoryviews, which the caller keeps alive."""
    cdef Rows result
    result.distinct = vectors.shape[0]
    result.dim = vectors.shape[1]
    result.vectors = &vectors[0, 0] if result.distinct * result.dim else NULL
    result.index = NULL
    result.count = result.distinct
    if index is not None:
        result.count = index.shape[0]
        if result.count:
            result.index = &index[0]
    return result


cdef inline Cells cells(
    const int64_t[::1] offsets, const uint32_t[::1] successors, const uint8_t[::1] codes
) noexcept nogil:
    """Pointers into memoryviews of equally many successors and codes, which the caller keeps."""
    cdef Cells result
    result.offsets = &offsets[0] if offsets.shape[0] else NULL
    result.count = offsets.shape[0] - 1 if offsets.shape[0] else 0
    result.vertices = min(successors.shape[0], codes.shape[0])
    result.successors = &successors[0] if result.vertices else NULL
    result.codes = &codes[0] if result.vertices else NULL
    return result

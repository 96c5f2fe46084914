# cython: language_level=3
# An extension module of somebody else's: everything in the table, on memoryviews, without the lock.
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

import numpy as np

cimport otnas_fast
from otnas_fast cimport Cells, Embedder, Functions, KDPP, Rows, Tree, check, functions, rows

cdef const Functions* otnas = functions()


def table_size():
    return otnas.version, otnas.count


def embed(
    const int64_t[::1] offsets,
    const uint32_t[::1] successors,
    const uint8_t[::1] codes,
    const int[::1] families,
    double alpha,
    int max_layers,
):
    cdef int[3] measures = [otnas_fast.OPERATIONS_2, otnas_fast.INDEGREE, otnas_fast.OUTDEGREE]
    cdef Embedder* embedder = NULL
    cdef Cells cells = otnas_fast.cells(offsets, successors, codes)
    cdef double[:, ::1] out
    cdef int status
    check(
        otnas,
        otnas.embedder_new(
            &families[0], families.shape[0], alpha, measures, 3, max_layers, &embedder
        ),
    )
    try:
        out = np.empty((cells.count, otnas.embedder_dimension(embedder)))
        with nogil:
            status = otnas.embed_cells(embedder, &cells, &out[0, 0], 2)
        check(otnas, status)
    finally:
        otnas.embedder_free(embedder)
    return np.asarray(out)


def distances(const double[:, ::1] a, const double[:, ::1] b, size_t begin, size_t end):
    cdef Rows left = rows(a)
    cdef Rows right = rows(b)
    cdef double[:, ::1] out = np.empty((a.shape[0], b.shape[0]))
    cdef int status
    with nogil:
        status = otnas.l1_distances(&left, &right, begin, end, &out[0, 0], out.shape[1], 1)
    check(otnas, status)
    return np.asarray(out)


def gram(
    const double[:, ::1] vectors,
    const int64_t[::1] index,
    const double[::1] scale,
    double variance,
    double[:, :] out,
):
    """Into a block of a larger array, whose rows are further apart than they are long."""
    cdef Rows items = rows(vectors, index)
    cdef int status
    with nogil:
        status = otnas.laplace_gram(
            &items, &items, &scale[0], variance, &out[0, 0], out.strides[0] // sizeof(double), 0
        )
    check(otnas, status)


def tree(const int[::1] parents, const double[::1] weights, double[:, ::1] mu, double[:, ::1] nu):
    cdef Tree* metric = NULL
    cdef double[:, ::1] phi = np.empty_like(mu)
    cdef double[::1] out = np.empty(mu.shape[0])
    cdef int status
    check(otnas, otnas.tree_new(&parents[0], &weights[0], parents.shape[0], &metric))
    try:
        with nogil:
            status = otnas.tree_embed(metric, &mu[0, 0], mu.shape[0], &phi[0, 0])
        check(otnas, status)
        with nogil:
            status = otnas.tree_wasserstein(metric, &mu[0, 0], &nu[0, 0], mu.shape[0], &out[0])
        check(otnas, status)
    finally:
        otnas.tree_free(metric)
    return np.asarray(phi), np.asarray(out)


def sample(const double[:, ::1] matrix, bint is_factor, size_t k, const uint64_t[::1] seeds):
    cdef KDPP* kdpp = NULL
    cdef int64_t[:, ::1] out = np.empty((seeds.shape[0], k), dtype=np.int64)
    cdef int status
    with nogil:
        if is_factor:
            status = otnas.kdpp_from_factor(&matrix[0, 0], matrix.shape[0], matrix.shape[1], &kdpp)
        else:
            status = otnas.kdpp_new(&matrix[0, 0], matrix.shape[0], &kdpp)
    check(otnas, status)
    try:
        with nogil:
            status = otnas.kdpp_sample(kdpp, k, &seeds[0], seeds.shape[0], &out[0, 0], 2)
        check(otnas, status)
        return otnas.kdpp_rank(kdpp), np.asarray(out)
    finally:
        otnas.kdpp_free(kdpp)


def greedy_map(const double[:, ::1] L, size_t k):
    cdef int64_t[::1] out = np.empty(k, dtype=np.int64)
    cdef int status
    with nogil:
        status = otnas.greedy_map(&L[0, 0], L.shape[0], k, &out[0])
    check(otnas, status)
    return np.asarray(out)

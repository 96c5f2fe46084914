#pragma once

namespace otnas {

/// Pointers to Fortran LAPACK and BLAS routines with 32-bit integers, handed in by the caller so
/// that this library links none. All must be set.
struct Lapack {
  void (*dsytrd)(char* uplo, int* n, double* a, int* lda, double* d, double* e, double* tau,
                 double* work, int* lwork, int* info);
  void (*dsterf)(int* n, double* d, double* e, int* info);
  void (*dstein)(int* n, double* d, double* e, int* m, double* w, int* iblock, int* isplit,
                 double* z, int* ldz, double* work, int* iwork, int* ifail, int* info);
  void (*dstedc)(char* compz, int* n, double* d, double* e, double* z, int* ldz, double* work,
                 int* lwork, int* iwork, int* liwork, int* info);
  void (*dormtr)(char* side, char* uplo, char* trans, int* m, int* n, double* a, int* lda,
                 double* tau, double* c, int* ldc, double* work, int* lwork, int* info);
  void (*dgemm)(char* transa, char* transb, int* m, int* n, int* k, double* alpha, double* a,
                int* lda, double* b, int* ldb, double* beta, double* c, int* ldc);
};

}  // namespace otnas

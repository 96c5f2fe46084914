#pragma once
#include "otnas/dpp/lapack.hpp"

namespace otnas::bindings {

/// The LAPACK that SciPy was built with, or nullptr if it does not fit or if there is no SciPy.
/// Only called with the interpreter lock; should the import let another thread in, both write the
/// same table.
const Lapack* scipy_lapack();

}  // namespace otnas::bindings

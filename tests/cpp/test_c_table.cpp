// The C functions: every bad argument becomes a status, whatever the caller's language.
// tests/native compares the answers with Python's.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "c_call.hpp"
#include "scipy_lapack.hpp"

namespace c = otnas::bindings::c;

// Without Python there is no SciPy.
const otnas::Lapack* otnas::bindings::scipy_lapack() { return nullptr; }

namespace {

c::Functions table() {
  c::Functions functions{};
  c::fill_cells(functions);
  c::fill_pairwise(functions);
  c::fill_trees(functions);
  c::fill_dpp(functions);
  return functions;
}

const c::Functions otnas_c = table();
const double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("C functions: exceptions become statuses with a message") {
  CHECK(c::guarded([] { throw otnas::NumericalError("rank"); }) == c::kNumerical);
  CHECK(std::string(c::last_error()) == "rank");
  CHECK(c::guarded([] { throw std::bad_alloc(); }) == c::kNoMemory);
  CHECK(c::guarded([] { throw 3; }) == c::kFailed);
  const std::string longer(1000, 'x');
  CHECK(c::guarded([&] { throw std::invalid_argument(longer); }) == c::kInvalid);
  CHECK(std::string(c::last_error()).size() == 255);
  CHECK(c::guarded([] {}) == c::kDone);
  CHECK(std::string(c::last_error()).empty());
}

TEST_CASE("C functions: cells") {
  const int families[] = {0, 1};
  const int measures[] = {0, 2};
  otnas::CellEmbedder* embedder = nullptr;
  CHECK(otnas_c.embedder_new(nullptr, 2, 0.1, measures, 2, 5, &embedder) == c::kInvalid);
  CHECK(otnas_c.embedder_new(families, 2, 1.0, measures, 2, 5, &embedder) == c::kInvalid);
  CHECK(otnas_c.embedder_new(families, 2, 0.1, measures, 2, 33, &embedder) == c::kInvalid);
  CHECK(otnas_c.embedder_new(families, 2, 0.1, measures, 2, 5, nullptr) == c::kInvalid);
  for (const int wrong : {-1, 7, 0, 1}) {  // unknown, unknown, twice, both of operations
    const int pair[] = {0, wrong};
    CHECK(otnas_c.embedder_new(families, 2, 0.1, pair, 2, 5, &embedder) == c::kInvalid);
  }
  CHECK(embedder == nullptr);
  CHECK(otnas_c.embedder_dimension(nullptr) == 0);
  REQUIRE(otnas_c.embedder_new(families, 2, 0.1, measures, 2, 5, &embedder) == c::kDone);

  const std::int64_t offsets[] = {0, 3};
  std::uint32_t successors[] = {2, 4, 0};
  const std::uint8_t codes[] = {otnas::kInput, 1, otnas::kOutput};
  std::vector<double> out(otnas_c.embedder_dimension(embedder));
  c::Cells cells{offsets, successors, codes, 1, 3};
  CHECK(otnas_c.embed_cells(embedder, &cells, out.data(), 1) == c::kDone);
  CHECK(otnas_c.embed_cells(embedder, &cells, nullptr, 1) == c::kInvalid);
  CHECK(otnas_c.embed_cells(embedder, &cells, out.data(), -1) == c::kInvalid);
  CHECK(otnas_c.embed_cells(nullptr, &cells, out.data(), 1) == c::kInvalid);
  successors[1] = 1;  // backwards
  CHECK(otnas_c.embed_cells(embedder, &cells, out.data(), 1) == c::kInvalid);
  cells.vertices = 2;
  CHECK(otnas_c.embed_cells(embedder, &cells, out.data(), 1) == c::kInvalid);
  cells = {};
  CHECK(otnas_c.embed_cells(embedder, &cells, nullptr, 1) == c::kInvalid);
  otnas_c.embedder_free(embedder);
  otnas_c.embedder_free(nullptr);
}

TEST_CASE("C functions: rows") {
  double vectors[] = {0.0, 1.0, 2.0, 4.0};
  std::int64_t index[] = {1, 0, 1};
  const c::Rows rows{vectors, 2, 2, index, 3};
  const c::Rows plain{vectors, 2, 2, nullptr, 2};
  std::vector<double> out(9, -1.0);
  REQUIRE(otnas_c.l1_distances(&rows, &plain, 0, 2, out.data(), 3, 1) == c::kDone);
  CHECK(out == std::vector<double>{5, 0, -1, 0, 5, -1, 5, 0, -1});
  const double scale[] = {1.0, -1.0};
  CHECK(otnas_c.laplace_gram(&rows, &rows, scale, 1.0, out.data(), 3, 1) == c::kInvalid);
  CHECK(otnas_c.laplace_gram(&rows, &rows, nullptr, 1.0, out.data(), 3, 1) == c::kInvalid);
  CHECK(otnas_c.laplace_gram(&rows, &rows, vectors, 0.0, out.data(), 3, 1) == c::kInvalid);
  CHECK(otnas_c.laplace_gram(&rows, &rows, vectors, kNan, out.data(), 3, 1) == c::kInvalid);
  CHECK(otnas_c.l1_distances(&rows, &rows, 0, 2, out.data(), 2, 1) == c::kInvalid);
  CHECK(otnas_c.l1_distances(&rows, &rows, 2, 1, out.data(), 3, 1) == c::kInvalid);
  CHECK(otnas_c.l1_distances(nullptr, &rows, 0, 2, out.data(), 3, 1) == c::kInvalid);
  index[0] = -1;
  CHECK(otnas_c.l1_distances(&rows, &plain, 0, 2, out.data(), 3, 1) == c::kInvalid);
  const c::Rows none{nullptr, 0, 2, nullptr, 0};
  CHECK(otnas_c.l1_distances(&none, &plain, 0, 2, nullptr, 2, 1) == c::kDone);
  const c::Rows flat{nullptr, 2, 0, nullptr, 2};
  CHECK(otnas_c.l1_distances(&flat, &flat, 0, 0, out.data(), 2, 1) == c::kDone);
  CHECK(out[1] == 0.0);
  vectors[3] = kNan;
  CHECK(otnas_c.l1_distances(&plain, &plain, 0, 2, out.data(), 3, 1) == c::kInvalid);
}

TEST_CASE("C functions: trees") {
  const int parents[] = {-1, 0, 0};
  const double weights[] = {0.0, 1.0, 2.0};
  otnas::TreeMetric* tree = nullptr;
  CHECK(otnas_c.tree_new(parents, nullptr, 3, &tree) == c::kInvalid);
  CHECK(otnas_c.tree_new(parents, weights, 0, &tree) == c::kInvalid);
  REQUIRE(otnas_c.tree_new(parents, weights, 3, &tree) == c::kDone);
  const double mu[] = {0.0, 1.0, 0.0};
  const double nu[] = {0.0, 0.0, 1.0};
  double masses[] = {0.0, -1.0, 2.0};
  double distance = 0.0;
  CHECK(otnas_c.tree_wasserstein(tree, mu, nu, 1, &distance) == c::kDone);
  CHECK(distance == 3.0);
  CHECK(otnas_c.tree_wasserstein(tree, mu, masses, 1, &distance) == c::kInvalid);
  CHECK(otnas_c.tree_wasserstein(tree, mu, nullptr, 1, &distance) == c::kInvalid);
  CHECK(otnas_c.tree_wasserstein(tree, nullptr, nullptr, 0, nullptr) == c::kDone);
  masses[1] = kNan;
  CHECK(otnas_c.tree_wasserstein(tree, masses, nu, 1, &distance) == c::kInvalid);
  CHECK(otnas_c.tree_embed(tree, masses, 1, masses) == c::kInvalid);
  otnas_c.tree_free(tree);
}

TEST_CASE("C functions: determinantal point processes") {
  std::vector<double> L(16, 0.0);
  for (std::size_t i = 0; i < 4; ++i) L[5 * i] = 1.0 + static_cast<double>(i);
  c::KDPP* kdpp = nullptr;
  CHECK(otnas_c.kdpp_new(L.data(), 0, &kdpp) == c::kInvalid);
  CHECK(otnas_c.kdpp_new(nullptr, 4, &kdpp) == c::kInvalid);
  CHECK(otnas_c.kdpp_rank(nullptr) == 0);
  REQUIRE(otnas_c.kdpp_new(L.data(), 4, &kdpp) == c::kDone);
  CHECK(otnas_c.kdpp_rank(kdpp) == 4);
  const std::uint64_t seeds[] = {1, 2};
  std::int64_t out[8];
  CHECK(otnas_c.kdpp_sample(kdpp, 4, seeds, 2, out, 2) == c::kDone);
  CHECK((out[0] == 0 && out[7] == 3));
  CHECK(otnas_c.kdpp_sample(kdpp, 5, seeds, 1, out, 1) == c::kInvalid);
  CHECK(otnas_c.kdpp_sample(kdpp, 2, nullptr, 1, out, 1) == c::kInvalid);
  otnas_c.kdpp_free(kdpp);

  // The factor is the table's own copy, read after the caller's is gone.
  {
    const std::vector<double> B(5000, 1.0);
    REQUIRE(otnas_c.kdpp_from_factor(B.data(), 5000, 1, &kdpp) == c::kDone);
  }
  CHECK(otnas_c.kdpp_sample(kdpp, 1, seeds, 2, out, 1) == c::kDone);
  CHECK(otnas_c.kdpp_sample(kdpp, 2, seeds, 1, out, 1) == c::kNumerical);
  otnas_c.kdpp_free(kdpp);

  CHECK(otnas_c.greedy_map(L.data(), 4, 2, out) == c::kDone);
  CHECK((out[0] == 3 && out[1] == 2));
  CHECK(otnas_c.greedy_map(L.data(), 4, 5, out) == c::kInvalid);
  CHECK(otnas_c.greedy_map(L.data(), 4, 2, nullptr) == c::kInvalid);
  L[1] = 0.5;
  CHECK(otnas_c.greedy_map(L.data(), 4, 2, out) == c::kInvalid);
  L[4] = 0.5 + 1e-12;  // rounding passes
  CHECK(otnas_c.greedy_map(L.data(), 4, 2, out) == c::kDone);
  L[5] = -1.0;
  CHECK(otnas_c.greedy_map(L.data(), 4, 2, out) == c::kNumerical);
}

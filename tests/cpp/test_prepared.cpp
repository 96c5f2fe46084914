#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "otnas/pairwise/gram.hpp"
#include "otnas/pairwise/prepared.hpp"
#include "otnas/pairwise/sparse_rows.hpp"
#include "pairwise.hpp"

using namespace otnas;

namespace {

/// Vectors as a dense and as a sparse block.
struct Both {
  std::vector<double> dense;
  SparseRows sparse;
  std::vector<std::int64_t> index;
  std::size_t distinct, dim;

  Both(std::mt19937& rng, std::size_t distinct_, std::size_t rows, std::size_t dim_, double low)
      : index(rows), distinct(distinct_), dim(dim_) {
    std::uniform_real_distribution<double> uniform(low, 1.0);
    for (std::size_t i = 0; i < distinct; ++i) {
      for (std::size_t d = 0; d < dim; ++d) {
        const double value = rng() % 4 ? 0.0 : uniform(rng);
        dense.push_back(value);
        if (value == 0.0) continue;
        sparse.coordinates.push_back(static_cast<std::int32_t>(d));
        sparse.values.push_back(value);
      }
      sparse.offsets.push_back(static_cast<std::int64_t>(sparse.values.size()));
    }
    for (auto& i : index) i = static_cast<std::int64_t>(rng() % distinct);
  }

  L1Embedding embedding() const {
    return {dense.data(), distinct, dim, index.data(), index.size()};
  }
  DenseBlock columns(std::size_t begin, std::size_t end) const { return {embedding(), begin, end}; }
  SparseBlock postings() const {
    return {sparse.offsets.data(),
            sparse.coordinates.data(),
            sparse.values.data(),
            distinct,
            dim,
            index.data(),
            index.size()};
  }
};

}  // namespace

TEST_CASE("prepared columns agree with the unprepared and the obvious computation") {
  std::mt19937 rng(12);
  for (const double low : {0.0, -1.0}) {
    for (const std::size_t rows : {1u, 9u, 40u}) {
      const Both a(rng, 1 + rows / 2, rows, 21, low);
      const Both b(rng, 50, 75, 21, low);
      const Both a_words(rng, 1 + rows / 3, rows, 30, 0.0);
      const Both b_words(rng, 40, 75, 30, 0.0);
      const PreparedColumns prepared({b.columns(0, 8), b_words.postings(), b.columns(8, 21)});
      const std::vector<L1Block> left{a.columns(0, 8), a_words.postings(), a.columns(8, 21)};
      CHECK(prepared.columns() == 75);
      CHECK(prepared.block_count() == 3);

      std::vector<double> distances(3 * rows * 75, -1.0);
      std::vector<MatrixOut<double>> out;
      for (std::size_t k = 0; k < 3; ++k) out.push_back({distances.data() + k * rows * 75, 75});
      prepared.distances(left, out, 3);
      std::vector<double> packed(rows * 75);
      const auto same = [&](std::size_t block) {
        return std::equal(packed.begin(), packed.end(), out[block].data);
      };
      l1_distances(a.embedding(), b.embedding(), 0, 8, MatrixOut<double>{packed.data(), 75}, 1);
      CHECK(same(0));
      l1_distances(a_words.embedding(), b_words.embedding(), 0, 30,
                   MatrixOut<double>{packed.data(), 75}, 1);
      CHECK(same(1));  // posting lists give the bits of dense tiles
      l1_distances(a.embedding(), b.embedding(), 8, 21, MatrixOut<double>{packed.data(), 75}, 1);
      CHECK(same(2));

      const double inverse[] = {0.5, 2.0, 1.25};
      std::vector<float> gram(rows * 80, -1.0F);
      prepared.gram(left, inverse, 1.5, MatrixOut<float>{gram.data(), 80}, 2);
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < 75; ++j) {
          const double exponent =
              inverse[0] * reference::distance(a.embedding(), i, b.embedding(), j, nullptr, 0, 8) +
              inverse[1] * reference::distance(a_words.embedding(), i, b_words.embedding(), j,
                                               nullptr, 0, 30) +
              inverse[2] * reference::distance(a.embedding(), i, b.embedding(), j, nullptr, 8, 21);
          CHECK(static_cast<double>(gram[i * 80 + j]) ==
                doctest::Approx(1.5 * std::exp(-exponent)).epsilon(1e-6));
        }
        CHECK(gram[i * 80 + 75] == -1.0F);
      }
    }
  }
}

TEST_CASE("coordinates that the columns lack count in the row's sum only") {
  const std::int64_t offsets[] = {0, 2};
  const std::int32_t known[] = {0, 2};
  const std::int32_t partly[] = {-1, 2};
  const double values[] = {0.25, 0.5};
  const std::int64_t index[] = {0};
  const PreparedColumns prepared({SparseBlock{offsets, known, values, 1, 3, index, 1}});
  double distance = -1.0;
  prepared.distances({SparseBlock{offsets, partly, values, 1, 3, index, 1}},
                     std::vector<MatrixOut<double>>{{&distance, 1}}, 1);
  CHECK(distance == 0.5);
}

TEST_CASE("distinct sparse rows keep equal ones once, in order") {
  DistinctSparseRows rows;
  const std::int32_t coordinates[] = {1, 4, 5};
  const double values[] = {0.5, 1.0, 2.0};
  CHECK(rows.add(coordinates, values, 2) == 0);
  CHECK(rows.add(coordinates, values, 3) == 1);
  CHECK(rows.add(coordinates, values, 0) == 2);
  CHECK(rows.add(coordinates + 1, values, 2) == 3);
  CHECK(rows.add(coordinates, values + 1, 2) == 4);
  CHECK(rows.add(coordinates, values, 2) == 0);
  CHECK(rows.add(coordinates, values, 0) == 2);
  CHECK(rows.rows().size() == 5);
}

// Every public header; cells embedded and compared; a k-DPP of their Gram matrix.
#include <cstdio>
#include <numeric>

#include "otnas/cells/canonical.hpp"
#include "otnas/cells/cell.hpp"
#include "otnas/cells/check_cells.hpp"
#include "otnas/cells/nasbench201.hpp"
#include "otnas/cells/paths.hpp"
#include "otnas/cells/taxonomy.hpp"
#include "otnas/checksums/crc32c.hpp"
#include "otnas/checksums/md5.hpp"
#include "otnas/dpp/dpp.hpp"
#include "otnas/dpp/elementary_symmetric.hpp"
#include "otnas/dpp/lapack.hpp"
#include "otnas/dpp/markov_chain.hpp"
#include "otnas/dpp/uniform.hpp"
#include "otnas/formats/pickle.hpp"
#include "otnas/nasbench101/enumerate.hpp"
#include "otnas/nasbench101/nasbench101.hpp"
#include "otnas/pairwise/blocks.hpp"
#include "otnas/pairwise/embedding.hpp"
#include "otnas/pairwise/gram.hpp"
#include "otnas/pairwise/path_embedding.hpp"
#include "otnas/pairwise/prepared.hpp"
#include "otnas/pairwise/sparse_rows.hpp"
#include "otnas/support/errors.hpp"
#include "otnas/support/parallel.hpp"
#include "otnas/trees/ngram_tree.hpp"
#include "otnas/trees/tree_metric.hpp"
#include "otnas/trees/word_trie.hpp"

int main() {
  const otnas::Taxonomy taxonomy({"skip", "conv", "pool"}, {0, 1, 2}, 0.1, {"none"});
  const char* ops[] = {"skip", "conv", "pool", "none"};
  otnas::CellArray cells;
  for (int i = 0; i < 16; ++i) {
    const std::string first = ops[i % 4];
    const std::string second = ops[i / 4];
    cells.push_back(otnas::parse_nasbench201(
        "|" + first + "~0|+|" + second + "~0|conv~1|+|pool~0|" + second + "~1|skip~2|", taxonomy));
  }

  const otnas::CellEmbedder embedder(taxonomy, {otnas::Measure::kOperations2}, 5);
  std::vector<double> vectors(cells.size() * embedder.dimension());
  embedder.embed(cells, vectors.data(), 1);
  std::vector<std::int64_t> index(cells.size());
  std::iota(index.begin(), index.end(), 0);
  const otnas::L1Embedding rows{vectors.data(), cells.size(), embedder.dimension(), index.data(),
                                cells.size()};
  const std::vector<double> scale(embedder.dimension(), 1.0);
  std::vector<double> gram(cells.size() * cells.size());
  otnas::laplace_gram<double>(rows, rows, scale.data(), 1.0, {gram.data(), cells.size()}, 1);

  // No LAPACK: the built-in solver.
  otnas::LEnsemble ensemble(gram.data(), cells.size(), nullptr);
  const auto draw = ensemble.sample(4, {1234}, 1);
  const auto best = otnas::greedy_map(gram.data(), cells.size(), 4);
  for (const auto item : draw) std::printf("%d ", static_cast<int>(item));
  for (const auto item : best) std::printf("%d ", static_cast<int>(item));
  std::printf("rank %zu\n", ensemble.rank());

  try {
    ensemble.sample(ensemble.rank() + 1, {1}, 1);
  } catch (const otnas::NumericalError&) {
    return gram[0] == 1.0 && draw.size() == 4 && best.size() == 4 ? 0 : 1;
  } catch (const std::invalid_argument&) {  // of full rank
    return gram[0] == 1.0 && draw.size() == 4 && best.size() == 4 ? 0 : 1;
  }
  return 1;
}

// Trees, taxonomies and check sums from any bytes.
#include <cmath>
#include <stdexcept>
#include <vector>

#include "input.hpp"
#include "otnas/checksums/crc32c.hpp"
#include "otnas/trees/ngram_tree.hpp"
#include "otnas/trees/tree_metric.hpp"

using namespace otnas;
using fuzz::Input;
using fuzz::require;

namespace {

void tree(Input& input) {
  const std::size_t nodes = input.below(20);
  const bool plausible = input.below(2) != 0;
  std::vector<int> parents;
  std::vector<double> weights;
  for (std::size_t v = 0; v < nodes; ++v) {
    if (plausible)
      parents.push_back(static_cast<int>(input.below(v + 1)) - 1);
    else
      parents.push_back(input.take<int>() % 24);
    weights.push_back(plausible ? static_cast<double>(input.below(9)) : input.take<double>());
  }
  if (input.below(9) == 0) weights.push_back(0.0);
  try {
    const TreeMetric metric(parents, weights);
    std::vector<double> mu(nodes), phi(nodes);
    for (auto& mass : mu) mass = static_cast<double>(input.below(100));
    metric.embed(mu.data(), 1, phi.data());
    require(phi[static_cast<std::size_t>(metric.root())] == 0.0, "the root has no edge");
  } catch (const std::invalid_argument&) {
  }
}

void ngrams(Input& input) {
  std::vector<std::string> names, absent;
  std::vector<int> families;
  const std::size_t count = input.below(input.below(64) ? 6 : 30);
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(std::to_string(i));
    families.push_back(static_cast<int>(input.below(4)));
  }
  try {
    const Taxonomy taxonomy(names, families, input.take<double>(), absent);
    for (const int ngram : {1, 2}) {
      const NGramTree grams(taxonomy, ngram);
      for (int a = 0; a < taxonomy.size(); ++a)
        require(grams.operation_leaf(static_cast<OpCode>(a)) > 0, "every operation has a leaf");
    }
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  require(crc32c(data, size) == crc32c_by_tables(data, size), "both check sums agree");
  Input input(data, size);
  if (input.take<std::uint8_t>() % 2)
    tree(input);
  else
    ngrams(input);
  return 0;
}

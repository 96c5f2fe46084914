"""
Any kernel: molecules
=====================

A search needs nothing of its items but a similarity. Here they are small organic molecules, written
as SMILES strings; the similarity counts the substrings that two of them share (a spectrum kernel),
and "an experiment" looks up the boiling point. The aim is a solvent that boils as near as possible
to 100 °C. Real projects would take fingerprints from a chemistry library instead of substrings.
"""

from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

from otnas import PoolSearch

# %%
# Molecules and their boiling points at 1 atm, in °C.
BOILS = {
    "CCC": -42, "CCCC": -1, "CCCCC": 36, "CCCCCC": 69, "CCCCCCC": 98, "CCCCCCCC": 126,
    "CCCCCCCCC": 151, "CCCCCCCCCC": 174, "CC(C)C": -12, "CCC(C)C": 28, "CC(C)(C)C": 10,
    "C1CCCC1": 49, "C1CCCCC1": 81, "c1ccccc1": 80, "Cc1ccccc1": 111, "CCc1ccccc1": 136,
    "Clc1ccccc1": 132, "CO": 65, "CCO": 78, "CCCO": 97, "CCCCO": 118, "CCCCCO": 138,
    "CCCCCCO": 157, "CC(C)O": 82, "CCC(C)O": 99, "CC(C)CO": 108, "CC(C)(C)O": 82, "OCCO": 197,
    "CC(=O)C": 56, "CCC(=O)C": 80, "CCCC(=O)C": 102, "CCCCC(=O)C": 127, "CCC(=O)CC": 102,
    "CC=O": 20, "CCC=O": 48, "CCCC=O": 75, "C(=O)O": 101, "CC(=O)O": 118, "CCC(=O)O": 141,
    "CCCC(=O)O": 164, "CC(=O)OC": 57, "CC(=O)OCC": 77, "CC(=O)OCCC": 102, "CC(=O)OCCCC": 126,
    "CCOCC": 35, "CCCOCCC": 90, "CCCCOCCCC": 141, "C1CCOC1": 66, "C1COCCO1": 101, "CCN": 17,
    "CCCN": 48, "CCCCN": 78, "CCCCCN": 104, "CCNCC": 56, "CCN(CC)CC": 89, "c1ccncc1": 115,
    "CC#N": 82, "CCC#N": 97, "CN(C)C=O": 153, "ClCCl": 40, "ClC(Cl)Cl": 61, "CCCl": 12,
    "CCCCl": 47, "CCCCCl": 78,
}  # fmt: skip
molecules, boils = list(BOILS), np.array(list(BOILS.values()))


# %%
# The kernel: substrings of up to three characters, each string scaled to length 1.
def substrings(text: str) -> Counter[str]:
    """Count the substrings of one to three characters."""
    return Counter(text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1))


counts = [substrings(molecule) for molecule in molecules]
words = sorted(set().union(*counts))
features = np.sqrt([[count[word] for word in words] for count in counts])
features /= np.linalg.norm(features, axis=1, keepdims=True)
kernel = features @ features.T

# %%
# Batches of three "experiments" at a time: promising molecules that are unlike each other.
search = PoolSearch(gram=kernel, initial=6, seed=0)
while len(search.values) < 24:
    batch = search.ask(3)
    search.tell(batch, [abs(boils[i] - 100.0) for i in batch])
    print(", ".join(f"{molecules[i]} ({boils[i]} °C)" for i in batch))
item, distance = search.best
print(f"best of {len(search.values)} out of {len(molecules)}: {molecules[item]}, {boils[item]} °C")

# %%
# What the search tried, in its order, against what there is.
tried = np.array(search.items)
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
axes.axhline(100, color="0.6", linewidth=1)
axes.plot(np.zeros(len(boils)), boils, "_", color="0.6", markersize=12)
axes.plot(range(1, len(tried) + 1), boils[tried], "o", color="#3366aa")
axes.set(xlabel="experiment (0: all molecules of the pool)", ylabel="boiling point, °C")
plt.show()

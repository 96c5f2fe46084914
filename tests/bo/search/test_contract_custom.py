"""The contract holds for architectures of a user's own type."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from otnas.identities import text_digests
from otnas.search import methods
from otnas.spaces import Categorical, Enumerated, Integers, ParameterSpace, SearchSpace


@dataclass(frozen=True)
class Word:
    text: str


class Words(SearchSpace):
    """Words of four letters, of which there are two; the spelling is up to the user."""

    name = "words"

    def __init__(self, spelt, text_of):
        self.spelt, self.text_of = spelt, text_of

    def parse(self, text):
        return self.spelt(text)

    def format(self, word):
        return self.text_of(word)

    def random(self, rng):
        return self.parse("".join(rng.choice(list("ab"), 4)))

    def neighbours(self, word):
        text = self.format(word)
        other = {"a": "b", "b": "a"}
        return [self.parse(text[:i] + other[text[i]] + text[i + 1 :]) for i in range(4)]

    def mutate(self, word, rng):
        return self.neighbours(word)[int(rng.integers(4))]

    def is_valid(self, word):
        text = self.format(word)
        return len(text) == 4 and set(text) <= set("ab")

    def enumerate(self):
        words = [self.parse("".join(letters)) for letters in product("ab", repeat=4)]
        return Enumerated(words, self.digests(words))

    def digests(self, words):
        return text_digests([self.format(word) for word in words])

    def places(self, words):
        texts = [self.format(word) for word in words]
        return {f"place{i}": np.array([[float(t[i] == "a")] for t in texts]) for i in range(4)}


SPELT = {
    "strings": (str, str),
    "tuples": (tuple, "".join),
    "dataclasses": (Word, lambda word: word.text),
}


@pytest.mark.parametrize("name", ["places", "random", "evolution", "local-search"])
@pytest.mark.parametrize("spelling", SPELT)
def test_one_and_several_of_any_type(spelling, name):
    space = Words(*SPELT[spelling])
    settings = {"population": 2} if name == "evolution" else {}
    search = methods.make(name, space, seed=0, initial=2, settings=settings)
    for several in (list, tuple, iter):
        search.tell(several(search.ask(2)), [1.0, 2.0])
    (one,) = search.ask()
    search.tell(one, 3.0)
    (other,) = search.ask()
    search.cancel(other)
    search.claim(other)
    search.fail(other)
    assert search.items[-2:] == [one, other]
    assert search.values[-2:].tolist() == [3.0, np.inf]
    rest = search.ask(search.n_left)
    assert {*search.items, *rest} == set(space.enumerate())


def test_architectures_without_a_hash_are_refused():
    with pytest.raises(TypeError, match=r"space: expected architectures .* hashed.*of type list"):
        methods.make("random", Words(list, "".join), seed=0)


@pytest.mark.parametrize("spelling", [dict, lambda configuration: configuration])
def test_a_pool_of_configurations(spelling):
    space = ParameterSpace({"depth": Integers(1, 9), "activation": Categorical(["relu", "gelu"])})
    pool = [spelling(configuration) for configuration in space.enumerate()][::2]
    search = methods.make("places", space, seed=0, initial=2, pool=pool)
    for n in (2, 1, 2):
        found = search.ask(n)
        search.tell(found, [1.0 + configuration["depth"] for configuration in found])
    search.tell(dict(search.ask()[0]), 2.0)
    assert search.pending == []
    assert {*search.items, *search.ask(search.n_left)} == {*space.enumerate()[::2]}

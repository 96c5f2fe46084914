"""Which embeddings can be compared, and how they get common coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from otnas_fast._sparse import merged

if TYPE_CHECKING:
    from otnas_fast.embedding import Embedding


def check_alike(parts: Sequence[Embedding], name: str) -> None:
    """Refuse embeddings that cannot be brought onto common coordinates."""
    first = parts[0]
    for part in parts[1:]:
        if part.block_names != first.block_names or (part._kind is None) != (first._kind is None):
            raise ValueError(
                f"{name}: expected equal blocks, got {first.block_names} and {part.block_names}"
            )
        if first._kind is None or part._kind is None:
            if part.block_sizes != first.block_sizes:
                raise ValueError(
                    f"{name}: expected equal block sizes, got {first.block_sizes} and "
                    f"{part.block_sizes}"
                )
        elif part._kind.taxonomy != first._kind.taxonomy:
            raise ValueError(
                f"{name}: expected one search space, got {first.taxonomy!r} and {part.taxonomy!r}"
            )
        elif part.ngram != first.ngram:
            raise ValueError(f"{name}: expected one ngram, got {first.ngram} and {part.ngram}")
        elif part._sparse and part._kind.decay != first._kind.decay:
            raise ValueError(
                f"{name}: expected one decay, got {first._kind.decay:g} and {part._kind.decay:g}"
            )


def aligned(parts: list[Embedding], name: str) -> list[Embedding]:
    """Bring embeddings onto common coordinates, or say why they have none."""
    check_alike(parts, name)
    layers = [part._kind.max_layers for part in parts if part._kind]
    if layers:
        parts = [part._with_layers(max(layers)) for part in parts]
    if not parts[0]._sparse:
        return parts
    blocks = {key: merged([part._sparse[key] for part in parts]) for key in parts[0]._sparse}
    return [
        part._with_sparse({key: blocks[key][i] for key in blocks}) for i, part in enumerate(parts)
    ]

"""A language that is generated, and whose true next-token probabilities are therefore known.

A document mixes three things, told apart by token alone:

* fillers, a Markov chain: after a filler the next one follows its row, after any other token all are equally likely;
* typed brackets, nested to a bounded depth, where only the type opened last may close;
* pairs, a key and then its value. The first value that a document gives a key is any, and from then on is the only one.
  Each key is named half as often as the one before: frequent keys return soon and rare ones late, so that recall is
  learned by degrees. With equally frequent keys most of it comes in one jump, at a step that depends on the seed.

So the hidden state (last filler, open brackets, values bound so far) is a function of the visible prefix, and a model
that reads the prefix perfectly reaches exactly the probabilities that the generator draws from: the floor. The states
differ in few ways that matter for the next token, so the distributions are the rows of one small table.

Shapes: N documents, T tokens each, R rows of the table, V tokens of the vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinker.data.streams import Purpose, uniforms
from tinker.errors import ConfigError

#: Goes up with every change of a generated token; part of the fingerprint.
LANGUAGE_VERSION = 1

#: What a token tests. `nesting`: it is a closing bracket. `recall`: it is the value of a key that was bound before.
#: `local`: everything else (fillers, opening brackets, keys, values given for the first time).
SKILLS = ("local", "nesting", "recall")
LOCAL, NESTING, RECALL = range(3)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rules:
    """Sizes of the language, and how often each thing happens where it may (the rest are fillers)."""

    fillers: int = 6
    bracket_types: int = 2
    max_depth: int = 4
    keys: int = 4
    values: int = 4
    open_rate: float = 0.15
    close_rate: float = 0.15
    key_rate: float = 0.3
    chain_seed: int = 0

    def __post_init__(self) -> None:
        for name in ("fillers", "bracket_types", "max_depth", "keys", "values"):
            if getattr(self, name) < 1:
                raise ConfigError(f"data.{name}", f"{getattr(self, name)} is not allowed; at least 1")
        rates = ("open_rate", "close_rate", "key_rate")
        for name in rates:
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(
                    f"data.{name}", f"{getattr(self, name)} is not allowed; a probability between 0 and 1"
                )
        total = sum(getattr(self, name) for name in rates)
        if total >= 1:
            raise ConfigError(
                f"data.{rates[0]}", f"{' + '.join(rates)} = {total:g} leaves no room for fillers; below 1"
            )
        if self.chain_seed < 0:
            raise ConfigError("data.chain_seed", f"{self.chain_seed} is not allowed; 0 or more")


@dataclass(frozen=True, eq=False)
class Documents:
    """Generated text."""

    tokens: Ints  # (N, T)
    nats: Floats  # (N, T): -log of the true probability of the token, given the document up to it
    skill: Ints  # (N, T): index into SKILLS


class Language:
    """The vocabulary (fillers, opening and closing brackets, keys, values, in this order) and its generator."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        sizes = (rules.fillers, rules.bracket_types, rules.bracket_types, rules.keys, rules.values)
        self.openings, self.closings, self.keys, self.values, self.vocab_size = np.cumsum(sizes).tolist()
        probability = self._table()  # (R, V)
        self._cumulative = probability.cumsum(axis=1)
        with np.errstate(divide="ignore"):  # what cannot follow costs infinity, and is never drawn
            self._nats = -np.log(probability)

    def generate(self, uniform: Floats) -> Documents:
        """Documents of `uniform`'s shape (N, T): each number in [0, 1) becomes a token by the inverse of the CDF."""
        rules = self.rules
        count, length = uniform.shape
        row_of = np.arange(count)
        last_filler = np.zeros(count, np.int64)  # 1 + the filler just seen, or 0
        depth = np.zeros(count, np.int64)
        stack = np.zeros((count, rules.max_depth + 1), np.int64)  # types of the open brackets; column 0 is the ground
        key = np.full(count, -1)  # the key just seen, whose value comes next, or -1
        bound = np.full((count, rules.keys), -1)  # values bound so far
        tokens, skill = np.empty((2, count, length), np.int64)
        nats = np.empty((count, length))
        for t in range(length):
            after_key = key >= 0
            known = bound[row_of, key]
            state = np.where(depth == 0, 0, 1 + 2 * stack[row_of, depth] + (depth == rules.max_depth))
            row = np.where(after_key, self._value_rows + 1 + known, last_filler * self._states + state)
            token = (self._cumulative[row] <= uniform[:, t, None]).sum(axis=1)  # (N, V) -> (N,)
            opened = (token >= self.openings) & (token < self.closings)
            closed = (token >= self.closings) & (token < self.keys)
            recalled = after_key & (known >= 0)
            tokens[:, t], nats[:, t] = token, self._nats[row, token]
            skill[:, t] = np.where(closed, NESTING, np.where(recalled, RECALL, LOCAL))

            depth += opened.astype(np.int64) - closed
            stack[opened, depth[opened]] = token[opened] - self.openings
            bound[after_key, key[after_key]] = token[after_key] - self.values
            key = np.where((token >= self.keys) & (token < self.values), token - self.keys, -1)
            last_filler = np.where(token < rules.fillers, token + 1, 0)
        return Documents(tokens, nats, skill)

    def _table(self) -> Floats:
        """(R, V): a row for each (last filler, state of the brackets), then one for a new value and each bound one.

        States of the brackets: none open; or the innermost one's type, with room for another or without.
        """
        rules = self.rules
        self._states = 1 + 2 * rules.bracket_types
        self._value_rows = (1 + rules.fillers) * self._states
        chain = np.vstack([np.full(rules.fillers, 1 / rules.fillers), self._chain()])
        key_share = 0.5 ** np.arange(rules.keys)
        key_share /= key_share.sum()
        table = np.zeros((self._value_rows + 1 + rules.values, self.vocab_size))
        for last_filler in range(1 + rules.fillers):
            for state in range(self._states):
                row = table[last_filler * self._states + state]
                kind, full = divmod(state - 1, 2)
                if state == 0 or not full:
                    row[self.openings : self.closings] = rules.open_rate / rules.bracket_types
                if state > 0:
                    row[self.closings + kind] = rules.close_rate
                row[self.keys : self.values] = rules.key_rate * key_share
                row[: rules.fillers] = (1 - row.sum()) * chain[last_filler]
        table[self._value_rows, self.values :] = 1 / rules.values
        table[self._value_rows + 1 :, self.values :] = np.eye(rules.values)
        return table

    def _chain(self) -> Floats:
        """(fillers, fillers): each filler has its own order of successors, each half as likely as the one before."""
        rank = uniforms(self.rules.chain_seed, Purpose.TABLES, 0, (self.rules.fillers, self.rules.fillers)).argsort(
            axis=1, kind="stable"
        )
        weight = 0.5**rank
        halved: Floats = weight / weight.sum(axis=1, keepdims=True)
        return halved

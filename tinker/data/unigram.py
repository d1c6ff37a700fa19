"""How well a model does that knows only how often each token occurs: the yardstick for "has learned the skill"."""

from __future__ import annotations

import torch

from tinker.data.corpus import Corpus


def unigram_excess(corpus: Corpus, context: int) -> dict[str, float]:
    """Excess nats per token of the best unigram model of the validation split, for each skill.

    One distribution, that of all targets, scored on the tokens of each skill. A budget is long enough for a corpus once
    the control's excess is below a quarter of this in every skill.

    Raises:
        ValueError: the corpus has no floor to exceed.
    """
    targets, excess, skills = [], [], []
    for batch in corpus.validation(context, batch_size=256):
        if batch.floor is None or batch.skill is None:
            raise ValueError(f"corpus {corpus.name!r} has no floor, so nothing exceeds it")
        kept = batch.weight > 0
        targets.append(batch.targets[kept])
        excess.append(-batch.floor[kept].double())
        skills.append(batch.skill[kept])
    target, skill = torch.cat(targets), torch.cat(skills)
    count = torch.bincount(target, minlength=corpus.vocab_size).double()
    nats = torch.cat(excess) - (count / count.sum()).log()[target]
    return {name: nats[skill == i].mean().item() for i, name in enumerate(corpus.skills)}

"""Parameters: as many as declared, and each in the optimizer once."""

from __future__ import annotations

from collections import Counter

from model.count import parameter_count, undeclared
from tinker.verify.finding import Finding, failed, names, ok
from tinker.verify.subject import Subject


def declared(subject: Subject) -> Finding:
    """Each variant has as many parameters as its Config's `parameters(...)` says."""
    model = subject.model()
    if wrong := undeclared(model):
        return failed(
            f"{'; '.join(wrong[:2])}{f'; and {len(wrong) - 2} more' if len(wrong) > 2 else ''}. A variant's Config "
            "declares them: def parameters(self, <what its constructor takes after the config>) -> int"
        )
    return ok(f"{parameter_count(model):,} parameters, as the variants declare")


def optimized(subject: Subject) -> Finding:
    """The arm's own optimizer has each trained parameter in exactly one group, and no other tensor."""
    model = subject.trained()
    try:
        groups = subject.optimizer(model).param_groups
    except ValueError as error:  # torch refuses a parameter in two groups
        return failed(f"the optimizer cannot be built: {error}")
    counts = Counter(id(parameter) for group in groups for parameter in group["params"])
    trained = {path: parameter for path, parameter in model.named_parameters() if parameter.requires_grad}
    missing = [path for path, parameter in trained.items() if not counts[id(parameter)]]
    twice = [path for path, parameter in trained.items() if counts[id(parameter)] > 1]
    foreign = len(counts.keys() - {id(parameter) for parameter in trained.values()})
    wrong = [f"not in the optimizer: {names(missing)}"] if missing else []
    wrong += [f"in it more than once: {names(twice)}"] if twice else []
    wrong += [f"{foreign} tensors in it are not trained parameters of the model"] if foreign else []
    if wrong:
        return failed("; ".join(wrong))
    return ok(f"{len(trained)} trained parameters, each once in {len(groups)} groups")

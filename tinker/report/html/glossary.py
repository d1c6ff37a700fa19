"""The words of the report, for people who never took a statistics course."""

from __future__ import annotations

#: Anchor, word, explanation.
GLOSSARY = (
    (
        "grid",
        "grid",
        "The file that declares the question, the arms, the seeds and the rule; also what came of it.",
    ),
    (
        "run",
        "run, trial",
        "One training of one arm with one seed, from beginning to end.",
    ),
    (
        "arm",
        "arm",
        "One variant under test: the control with one declared change.",
    ),
    (
        "control",
        "control",
        "The plain model that every arm is compared with. It is run like any other arm.",
    ),
    (
        "seed",
        "seed",
        "The number that starts all randomness of a run. Two runs with different seeds differ by luck alone; "
        "how much they differ is the noise that an effect must stand out from.",
    ),
    (
        "effect",
        "effect",
        "Mean of the arm minus mean of the control, in the metric's own unit.",
    ),
    (
        "interval",
        "interval",
        "The range of true effects that the runs are compatible with. A 95 % interval is made so that 19 of "
        "20 such intervals hold the truth. A wide one says that little is known.",
    ),
    (
        "nats",
        "nats",
        "The unit of the loss: how surprised the model is by the next token. One nat is 1.44 bits.",
    ),
    (
        "loss",
        "loss",
        "How wrong the model's predictions are on text that it did not train on. Lower is better.",
    ),
    (
        "excess",
        "excess",
        "Loss above the lowest that any model could reach. Known exactly for the generated corpus; 0 is perfect.",
    ),
    (
        "min-effect",
        "min_effect",
        "The smallest difference that matters, chosen by the author of the grid. Drawn as a shaded band.",
    ),
    (
        "p",
        "p",
        "How often luck alone would show a difference at least this large if the arm changed nothing. Small "
        "means that luck is a poor explanation. It is not the chance that the arm is better.",
    ),
    (
        "adjusted-p",
        "adjusted p, Holm",
        "p made stricter because several arms are tested: with twenty useless arms, one would look good by "
        "luck. Holm's method does that.",
    ),
    (
        "alpha",
        "alpha",
        "How often a useless change may pass for a real one; chosen by the author of the grid, usually 0.05.",
    ),
    (
        "better-worse",
        "better, worse",
        "The difference is larger than luck explains, in that direction.",
    ),
    (
        "equivalent",
        "equivalent",
        "The true difference is surely smaller than min_effect: it does not matter which you take.",
    ),
    (
        "not-worse",
        "not worse",
        "Surely not worse by min_effect or more; whether it is better is open.",
    ),
    (
        "inconclusive",
        "inconclusive",
        "Not decided: the interval still holds more than one answer. It does not mean no difference.",
    ),
    (
        "cannot-reach-alpha",
        "cannot reach alpha",
        "With so few seeds no result, however clear, could have passed the test.",
    ),
    (
        "exploratory",
        "exploratory",
        "Something was changed or is unfinished after results were seen: a hint to test again.",
    ),
    (
        "invalid",
        "invalid",
        "The comparison is unfair or broken: other hardware, data or steps, for instance.",
    ),
    (
        "mean",
        "mean",
        "The average over seeds.",
    ),
    (
        "sd",
        "sd",
        "Standard deviation: how far single seeds lie from their mean, typically. From few seeds it is known "
        "badly, so it has an interval too.",
    ),
    (
        "cv",
        "cv",
        "sd divided by the mean: the noise between seeds as a part of the value.",
    ),
    (
        "n",
        "n",
        "How many seeds gave a value.",
    ),
    (
        "hedges-g",
        "Hedges g",
        "The effect measured in sds between seeds, corrected for small numbers: 1 means that the effect is as"
        " large as the noise of a seed.",
    ),
    (
        "p-better",
        "P(better)",
        "Take a run of the arm and a run of the control: in which part of all such pairs the arm wins. 0.5 is"
        " a coin toss. It is about single runs, and not the chance that the arm is better.",
    ),
    (
        "sd-ratio",
        "sd ratio",
        "Noise of the arm over noise of the control; above 1 the arm depends more on its seed.",
    ),
    (
        "dunnett",
        "Dunnett",
        "A test of all arms against the one control at once, with intervals that hold together. It takes the "
        "noise of all arms for equal. Drawn as a thin line.",
    ),
    (
        "paired",
        "paired p, rho",
        "The test of differences seed by seed. It pays only if arm and control rise and fall together over "
        "the seeds; rho says how much they do, from -1 to 1.",
    ),
    (
        "e-value",
        "e-value",
        "Evidence that may be looked at after every seed: 20 is as strong as a p of 0.05.",
    ),
    (
        "flops",
        "FLOPs",
        "Floating point operations: how much arithmetic a training step does, whatever the machine.",
    ),
    (
        "parameters",
        "parameters",
        "The numbers that a model learns: its size.",
    ),
    (
        "tokens",
        "token",
        "A piece of text that the model reads and predicts: a character, a byte or a part of a word.",
    ),
    (
        "diverged",
        "diverged",
        "A run whose loss went to infinity or became no number. It counts as the worst outcome, not as missing.",
    ),
    (
        "tuning",
        "tuning",
        "Trying several values, of the learning rate for instance, for every arm before the arms are compared. It has"
        " seeds and text of its own, since what was chosen for looking good there is compared elsewhere.",
    ),
    (
        "edge",
        "edge",
        "The best value is the lowest or highest that was tried. Beyond it there may be a better one.",
    ),
    (
        "replay",
        "replay",
        "Running a row again from its record, to see whether the same number comes out.",
    ),
)

ANCHORS = {anchor: word for anchor, word, _ in GLOSSARY}

"""The columns of trials.parquet."""

from __future__ import annotations

from tinker.tables.column import BOOL, FLOAT, INT, TEXT, TEXTS, TIME, column

#: Metrics that every grid has a column for. `excess_<skill>` and others come from the results.
METRICS = {
    "val_loss": ("nats/token", "validation loss after the last step, whole validation split"),
    "train_loss": ("nats/token", "training loss after the last step"),
    "best_val_loss": (
        "nats/token",
        "lowest validation loss of all evaluations: flatters, never compare it with a final one",
    ),
    "val_bpb": ("bits/byte", "validation loss per byte of text: comparable across tokenizers"),
    "excess": ("nats/token", "validation loss over the corpus's exact floor"),
}

SEEDS = [
    column("seed_init", INT, "identity", "", "seed of initialisation and dropout"),
    column("seed_data", INT, "identity", "", "seed of the order of the training data"),
    column("trial_id", TEXT, "identity", "", "hash of what was asked for"),
]

TRIAL = [
    column(
        "environment_class", TEXT, "identity", "", "what of the machine may change the numbers; null if it never ran"
    ),
    column("changes_scale", BOOL, "identity", "", "the arm's diff touches what the scale sets"),
    column(
        "status",
        TEXT,
        "state",
        "",
        "done, diverged, failed, running, pending, or missing: planned and not in the store",
    ),
    column("attempts", INT, "state", "", "times it was started"),
    column("cause", TEXT, "state", "", "why it failed or diverged"),
    column("causes", TEXTS, "state", "", "why each attempt that failed did, its kind first"),
    column("params", INT, "cost", "parameters", "parameters, frozen ones included, tied ones once"),
    column("active_params", INT, "cost", "parameters", "those that one token meets: fewer with a mixture of experts"),
    column("trainable_params", INT, "cost", "parameters", "those that are trained: fewer where only adapters are"),
    column(
        "flops_per_token", FLOAT, "cost", "FLOP/token", "executed matrix FLOPs of a training step, forward and backward"
    ),
    column("vocab_size", INT, "cost", "tokens", "of the corpus: guessing has a loss of its logarithm"),
    column("steps", INT, "cost", "steps", "optimizer steps done"),
    column("tokens", INT, "cost", "tokens", "training tokens seen"),
    column("seconds", FLOAT, "cost", "s", "wall time of training and evaluation"),
    column("tokens_per_s", FLOAT, "cost", "tokens/s", "training speed"),
    column(
        "packed",
        BOOL,
        "cost",
        "",
        "another trial ran at the same time on that host (on CUDA: that card): its speed is not its own",
    ),
    column("peak_mem_bytes", INT, "cost", "bytes", "peak memory of the accelerator; null on a CPU"),
    column("rss_bytes", INT, "cost", "bytes", "peak resident memory of the process"),
    column(
        "usd",
        FLOAT,
        "cost",
        "USD",
        "share by its seconds of all that its fleet cost, boot and idle time too; null where nothing was rented",
    ),
    column("code_fingerprint", TEXT, "provenance", "", "hash of the modules that the trial imports"),
    column("git_commit", TEXT, "provenance", "", "commit of the working tree"),
    column("git_dirty", BOOL, "provenance", "", "the working tree had changes that were not committed"),
    column("places", TEXTS, "provenance", "", "hashes of the host that it ran on, or of the cards: equal where shared"),
    column(
        "fused",
        INT,
        "provenance",
        "",
        "seeds that were trained with it as one program, itself included: its seconds and its memory are theirs; "
        "null where it was alone",
    ),
    column("torch", TEXT, "provenance", "", "version of torch"),
    column("device", TEXT, "provenance", "", "accelerator or processor model"),
    column("fleet", TEXT, "provenance", "", "rented machines that it ran on; null on one's own"),
    column("data_center", TEXT, "provenance", "", "of the rented machine"),
    column("image", TEXT, "provenance", "", "container image of the rented machine"),
    column("usd_per_hour", FLOAT, "provenance", "USD/h", "price of the rented machine with all its GPUs then"),
    column("threads", INT, "provenance", "", "CPU threads of torch"),
    column("precision", TEXT, "provenance", "", "number format of training"),
    column("start_digest", TEXT, "provenance", "", "of the weights that it started from; null from scratch"),
    column("git_diff", TEXT, "provenance", "", "what differed from the commit; empty for nothing"),
    column(
        "git_diff_complete",
        BOOL,
        "provenance",
        "",
        "commit and diff make the code again: nothing cut, no file of the trial's that git does not know",
    ),
    column("code_modules", TEXT, "provenance", "", "JSON: a digest of each module that the trial imports"),
    column(
        "code_accepted",
        TEXTS,
        "provenance",
        "",
        "the same of each other code under which the row was replayed and held (probation)",
    ),
    column("source", TEXT, "provenance", "", "where it was imported from; null for a run of tinker's own"),
    column("started", TIME, "provenance", "", "start of the last attempt"),
    column("finished", TIME, "provenance", "", "end of the last attempt"),
]

"""The groups of config files: those that come with tinker, and the user's own folders beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.config.overrides import Override
from tinker.config.suggest import allowed_are, given, unknown
from tinker.errors import UserError

Choice = str | list[str] | None

SHIPPED = Path(__file__).resolve().parent.parent / "conf"


@dataclass(frozen=True)
class ConfigFile:
    """One file that counts: its content in its place of the whole config, its group, and its name if it was chosen.

    A file that another one names in its `defaults:` counts too, but was not chosen.
    """

    path: Path
    group: str
    chosen: str | None
    content: dict[str, Any]


@dataclass(frozen=True)
class Groups:
    """The folders that hold config groups; the first is tinker's own."""

    folders: tuple[Path, ...]

    @classmethod
    def find(cls, config_dirs: Sequence[Path] | None = None) -> Groups:
        """tinker's groups and those of the given folders; None is `./conf` where there is one.

        Raises:
            UserError: a folder that is not there, or a file of the user that would have to hide one of tinker's.
        """
        if config_dirs is None:
            config_dirs = [Path("conf")] if Path("conf").is_dir() else []
        own = [Path(folder).resolve() for folder in config_dirs]
        for folder in own:
            if not folder.is_dir():
                raise UserError(f"config directory {folder}: there is no such folder")
            for path in sorted(folder.rglob("*.yaml")):
                if folder != SHIPPED and (SHIPPED / path.relative_to(folder)).exists():
                    name = path.relative_to(folder)
                    raise UserError(
                        f"{path}: tinker has a {name} of its own, which stays as it is; give yours another name"
                    )
        return cls((SHIPPED, *(folder for folder in own if folder != SHIPPED)))

    @property
    def names(self) -> list[str]:
        """The groups: folders with at least one file."""
        return sorted({p.parent.name for folder in self.folders for p in folder.glob("*/*.yaml")})

    def options(self, group: str) -> list[str]:
        """What a group can be set to."""
        return sorted({path.stem for folder in self.folders for path in folder.glob(f"{group}/*.yaml")})

    def chosen_by(self, override: Override) -> bool:
        """Whether it chooses an option, as `scale=cpu` does; a mapping (`optimizer={lr:1e-3}`) is a value."""
        return override.key in self.names and not isinstance(override.value, dict)

    def choice(self, group: str, value: Any, where: str) -> Choice:
        """The value of `group=value`, checked: an option's name, a list of them, or null.

        Raises:
            UserError: naming the options there are.
        """
        names = value if isinstance(value, list) else [value]
        for name in names:
            if name is None and names is not value:
                continue
            if not isinstance(name, str):
                raise UserError(f"{where}: {group}: {given(name)} is no option; {allowed_are(self.options(group))}")
            if name not in self.options(group):
                raise UserError(f"{where}: {group}: {unknown('option', name, self.options(group))}")
        checked: Choice = value
        return checked

    def files(self, choices: Mapping[str, Choice]) -> Iterator[ConfigFile]:
        """The files that Hydra finds for these choices, in the order in which they are laid over each other.

        Raises:
            UserError: a file that Hydra cannot read, or a `defaults:` list that it cannot follow.
        """
        from hydra.core.global_hydra import GlobalHydra
        from hydra.errors import HydraException
        from hydra.types import RunMode
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException
        from yaml import YAMLError

        search = ",".join(_quoted(f"file://{folder}") for folder in self.folders[1:])
        overrides = [f"hydra.searchpath=[{search}]"]
        overrides += [f"{group}={_text(choice)}" for group, choice in choices.items()]
        with _hydra():
            try:
                loader = GlobalHydra.instance().config_loader()
                found = loader.compute_defaults_list("config", overrides, RunMode.RUN).defaults
            except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
                raise UserError(f"the config files cannot be composed: {error}") from None
        for default in found:
            name = str(default.config_path)
            if name.startswith("hydra/"):
                continue
            path = next(folder / f"{name}.yaml" for folder in self.folders if (folder / f"{name}.yaml").is_file())
            content = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
            if not isinstance(content, dict):
                raise UserError(f"{path}: expected a mapping of keys, not {given(content)}")
            tree: dict[str, Any] = {str(key): value for key, value in content.items() if key != "defaults"}
            for key in reversed([part for part in str(default.package or "").split(".") if part]):
                tree = {key: tree}
            yield ConfigFile(path, name.rpartition("/")[0], path.stem if default.parent == "config" else None, tree)


@contextmanager
def _hydra() -> Iterator[None]:
    """Hydra over tinker's folder, leaving the process as it was: an embedding program may run a Hydra of its own."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    outer = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(SHIPPED), version_base="1.3"):
            yield
    finally:
        GlobalHydra.instance().hydra = outer


def _quoted(text: str) -> str:
    escaped = text.replace("'", "\\'")
    return f"'{escaped}'"


def _text(choice: Choice) -> str:
    if choice is None:
        return "null"
    return choice if isinstance(choice, str) else f"[{','.join(choice)}]"

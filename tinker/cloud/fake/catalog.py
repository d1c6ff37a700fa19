"""What the fake has to rent: invented prices of real cards."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.cloud.fake.answers import Json

#: Of every machine.
CUDA, DRIVER = "13.0", "580.95.05"


@dataclass(frozen=True)
class Kind:
    """A card: prices are USD for an hour, memory is GB; `mib` is what nvidia-smi says."""

    id: str
    name: str
    memory: int
    mib: int
    secure: float
    community: float


KINDS = (
    Kind("NVIDIA GeForce RTX 4090", "RTX 4090", 24, 24564, 0.69, 0.34),
    Kind("NVIDIA L4", "L4", 24, 23034, 0.43, 0.39),
    Kind("NVIDIA A100 80GB PCIe", "A100 PCIe", 80, 81920, 1.64, 1.19),
    Kind("NVIDIA H100 80GB HBM3", "H100 SXM", 80, 81559, 2.99, 2.69),
    Kind("NVIDIA B200", "B200", 180, 183359, 5.98, 0.0),
)
#: Data centers, and whether they have global networking.
CENTERS = {"US-TX-3": True, "EU-RO-1": True, "EU-SE-1": False}


class Catalog:
    """`levels` may be changed: a card at NONE is refused; `most` cards fit into a pod."""

    def __init__(self, most: int = 8) -> None:
        self.kinds = {kind.id: kind for kind in KINDS}
        self.levels = dict.fromkeys(self.kinds, "HIGH")
        self.most = most

    def free(self, card: str, count: int, cloud: str) -> bool:
        kind = self.kinds[card]
        priced = kind.secure if cloud == "SECURE" else kind.community
        return self.levels[card] != "NONE" and count <= self.most and priced > 0

    def gpus(self, count: int, cloud: str, with_stock: bool) -> list[Json]:
        rows = []
        for kind in self.kinds.values():
            row: Json = {
                "id": kind.id,
                "name": kind.name,
                "pool": None,
                "manufacturer": "NVIDIA",
                "memory": kind.memory,
                "secure": kind.secure > 0,
                "community": kind.community > 0,
                "price": {"secure": kind.secure, "community": kind.community},
                "maxCount": {"secure": self.most, "community": self.most if kind.community else 0},
            }
            if with_stock:
                level = self.levels[kind.id] if self.free(kind.id, count, cloud) else "NONE"
                row["availability"] = level
                if level != "NONE":
                    row["dataCenters"] = [{"id": id, "name": id, "availability": level} for id in CENTERS]
            rows.append(row)
        return rows


def data_centers() -> list[Json]:
    return [
        {
            "id": id,
            "name": id,
            "region": "EUROPE" if id.startswith("EU") else "NORTH_AMERICA",
            "globalNetwork": network,
            "networkVolumeTypes": ["STANDARD"],
            "compliance": [],
        }
        for id, network in CENTERS.items()
    ]


def nvidia_smi(card: str, count: int) -> str:
    """A script that stands in for nvidia-smi: the queries that tinker makes, and the plain overview."""
    mib = next(kind.mib for kind in KINDS if kind.id == card)
    rows = "\n".join([f"{card}, {mib}, {DRIVER}"] * count)
    return f"""#!/bin/sh
case "$*" in
  *--query-gpu=name,memory.total,driver_version*) cat <<'END'
{rows}
END
  ;;
  *--query-gpu=driver_version*) echo {DRIVER} ;;
  "") echo "| NVIDIA-SMI {DRIVER}    Driver Version: {DRIVER}    CUDA Version: {CUDA} |" ;;
  *) echo "stand-in for nvidia-smi: unknown arguments: $*" >&2; exit 6 ;;
esac
"""

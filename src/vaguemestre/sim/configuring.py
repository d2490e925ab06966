"""Writes the configuration files of the world's practices and payer, as a person would have: the commands work on them too."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from vaguemestre.edge.embedded_operator.process import OperatorProcess
from vaguemestre.edge.mail.smtp import Security
from vaguemestre.edge.seal.certificates import Usage
from vaguemestre.edge.store.vault import create_key_file
from vaguemestre.sim.credentials import Credentials
from vaguemestre.sim.people import FUNDS
from vaguemestre.sim.practices import Practice, station_of
from vaguemestre.sim.worldfiles import WorldFiles
from vaguemestre.wiring.payer_config import CONFIG_NAME as PAYER_CONFIG_NAME
from vaguemestre.wiring.payer_config import FundConfig, PayerConfig, RouteConfig
from vaguemestre.wiring.practice_config import (
    CONFIG_NAME,
    PerformerConfig,
    PracticeConfig,
    StationConfig,
    WayConfig,
    written,
)

_FUND_NAMES = ("Caisse générale de démonstration", "Caisse agricole de démonstration")
_LOCAL = "127.0.0.1"


def write_practice(
    files: WorldFiles,
    credentials: Credentials,
    rank: int,
    practice: Practice,
    operators: Mapping[str, OperatorProcess],
) -> None:
    """`practice.toml`, the store's key, the passwords of its mail accounts."""
    state = files.practice(practice.key)
    (state / "secrets").mkdir(parents=True, exist_ok=True)
    store_key = files.keys / f"{practice.key}.key"
    create_key_file(store_key)
    for name in operators:
        (state / "secrets" / f"{name}.txt").write_text(password_of(practice, name) + "\n", encoding="utf-8")
    station = station_of(practice.billing_number)
    config = PracticeConfig(
        name=practice.name,
        store_key=_from(state, store_key),
        trust=_from(state, credentials.trust),
        station_keys=(_from(state, credentials.station(station.number, rank).path),),
        backup_directory=_from(state, files.second_place(practice.key)).as_posix(),
        structure_number=practice.structure_number,
        demo=True,
        stations=(StationConfig(practice.billing_number, first=station.first, last=station.last),),
        performers=tuple(
            PerformerConfig(
                rpps=performer.rpps,
                billing_number=performer.billing_number,
                specialty=performer.specialty,
                card=_from(state, credentials.professional(performer).path),
                mode=performer.mode,
            )
            for performer in practice.performers
        ),
        ways=tuple(_way(state, practice, name, operator) for name, operator in operators.items()),
    )
    (state / CONFIG_NAME).write_text(written(config, "fr"), encoding="utf-8")


def write_payer(files: WorldFiles, credentials: Credentials, operators: Mapping[str, OperatorProcess]) -> PayerConfig:
    """`payer.toml`, the store's key, the funds' keys."""
    state = files.payer
    state.mkdir(parents=True, exist_ok=True)
    create_key_file(files.keys / "payer.key")
    funds = []
    for fund, name in zip(FUNDS, _FUND_NAMES, strict=True):
        keys = state / "keys" / fund.code
        (keys / "decrypt").mkdir(parents=True, exist_ok=True)
        shutil.copy(credentials.fund(fund, Usage.SIGN).path, keys / "sign.pem")
        shutil.copy(credentials.fund(fund, Usage.ENCRYPT).path, keys / "decrypt" / "2022.pem")
        address = f"{fund.scheme}{fund.fund}@{fund.fund}.{fund.scheme}.rss.example"
        funds.append(
            FundConfig(fund.code, name, address, _from(state, keys / "sign.pem"), _from(state, keys / "decrypt"))
        )
    config = PayerConfig(
        name="Caisses de démonstration",
        store_key=_from(state, files.keys / "payer.key"),
        trust=_from(state, credentials.trust),
        demo=True,
        funds=tuple(funds),
        routes=tuple(
            RouteConfig(f"{name}.example", _LOCAL, operator.ports.reception, Security.NONE)
            for name, operator in operators.items()
        ),
    )
    (state / PAYER_CONFIG_NAME).write_text(written(config, "fr"), encoding="utf-8")
    return config


def password_of(practice: Practice, operator: str) -> str:
    """The invented password of an invented account."""
    return f"mot de passe {practice.key} {operator}"


def _way(state: Path, practice: Practice, name: str, operator: OperatorProcess) -> WayConfig:
    return WayConfig(
        name=name,
        address=f"{practice.mailbox}@{name}.example",
        password_file=Path("secrets") / f"{name}.txt",
        submission_host=_LOCAL,
        pop3_host=_LOCAL,
        submission_port=operator.ports.submission,
        pop3_port=operator.ports.pop3,
        ca_file=_from(state, operator.ca_file).as_posix(),
    )


def _from(state: Path, path: Path) -> Path:
    """The path as the configuration names it: relative, so that the world may be moved."""
    return Path(os.path.relpath(path, state))

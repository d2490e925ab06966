"""The operator's settings: `operator.toml` in its state directory, where each file of the state lies, and their defaults."""

from pathlib import Path

from vaguemestre.core.faults import EnvironmentFault
from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.edge.config import read_config, setting


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """Where mail for one outside domain goes."""

    domain: str = setting(fr="Domaine du destinataire.", en="The recipient's domain.", example='"caisse.example"')
    host: str = setting(fr="Serveur SMTP qui le reçoit.", en="SMTP server that takes it.", example='"127.0.0.1"')
    port: int = setting(fr="Son port.", en="Its port.", example="2525", bounds=(1, 65535))


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """Everything about one embedded operator that a person may choose."""

    name: str = setting(fr="Nom court de l'opérateur.", en="The operator's short name.", example='"a"')
    domains: tuple[str, ...] = setting(
        fr="Domaines de ses boîtes.", en="The domains of its mailboxes.", example='["a.example"]'
    )
    host: str = setting(fr="Adresse d'écoute.", en="Address to listen on.", example='"127.0.0.1"', default="127.0.0.1")
    submission_port: int = setting(
        fr="Port d'envoi, TLS et mot de passe (0 : libre).",
        en="Port for sending, TLS and login (0: any).",
        example="0",
        default=0,
        bounds=(0, 65535),
    )
    reception_port: int = setting(
        fr="Port de réception entre serveurs (0 : libre).",
        en="Port for other servers (0: any).",
        example="0",
        default=0,
        bounds=(0, 65535),
    )
    pop3_port: int = setting(
        fr="Port de lecture POP3, TLS (0 : libre).",
        en="Port for collecting, POP3 over TLS (0: any).",
        example="0",
        default=0,
        bounds=(0, 65535),
    )
    relay_connections: int = setting(
        fr="Connexions par domaine extérieur.",
        en="Connections per outside domain.",
        example="4",
        default=4,
        bounds=(1, 100),
    )
    relay_first_seconds: float = setting(
        fr="Premier délai entre deux essais, en secondes.",
        en="First wait between attempts, seconds.",
        example="1.0",
        default=1.0,
        bounds=(0.01, 86400.0),
    )
    relay_longest_seconds: float = setting(
        fr="Plus long délai, en secondes.",
        en="Longest wait, seconds.",
        example="300.0",
        default=300.0,
        bounds=(0.01, 86400.0),
    )
    size_bytes_max: int = setting(
        fr="Taille d'un message, en octets.",
        en="Size of a message, bytes.",
        bounds=(1024, 1 << 30),
        example="20971520",
        default=20 * 1024 * 1024,
    )
    scrypt_cost: int = setting(
        fr="Coût du hachage des mots de passe (puissance de deux).",
        en="Cost of password hashing (a power of two).",
        bounds=(2, 1 << 20),
        example="4096",
        default=4096,
    )
    routes: tuple[RouteSettings, ...] = setting(
        fr="Chemins vers les domaines extérieurs.", en="Routes to outside domains.", default=()
    )


@dataclass(frozen=True, slots=True)
class StateFiles:
    """The files of one operator's state directory."""

    directory: Path

    @property
    def settings(self) -> Path:
        return self.directory / "operator.toml"

    @property
    def store(self) -> Path:
        return self.directory / "operator.sqlite"

    @property
    def log(self) -> Path:
        """What a process started by `process.py` says of its own faults: kinds of errors, never what anyone wrote."""
        return self.directory / "operator.log"

    @property
    def running(self) -> Path:
        """Written by a running operator: its ports, process id and control token."""
        return self.directory / "operator-running.json"

    @property
    def certificate(self) -> Path:
        return self.directory / "tls-cert.pem"


def load_settings(files: StateFiles) -> OperatorSettings:
    """Read `operator.toml`. Raises EnvironmentFault with its first mistake; OSError when it cannot be read."""
    settings, findings = read_config(files.settings, OperatorSettings)
    if settings is None:
        raise EnvironmentFault(_worst(findings))
    cost = settings.scrypt_cost
    if cost & (cost - 1):
        place = Place(files.settings.name, field="scrypt_cost")
        raise EnvironmentFault(finding("E013", place, key="scrypt_cost", expected="2, 4, 8... 4096, 8192..."))
    return settings


def _worst(findings: list[Finding]) -> Finding:
    from vaguemestre.core.findings import worst_first

    return worst_first(findings)[0]


def settings_text(settings: OperatorSettings) -> str:
    """The settings as TOML, such that `load_settings` reads the same values back."""
    lines = [
        f"name = {_text(settings.name)}",
        f"domains = [{', '.join(_text(domain) for domain in settings.domains)}]",
        f"host = {_text(settings.host)}",
        f"submission_port = {settings.submission_port}",
        f"reception_port = {settings.reception_port}",
        f"pop3_port = {settings.pop3_port}",
        f"relay_connections = {settings.relay_connections}",
        f"relay_first_seconds = {settings.relay_first_seconds}",
        f"relay_longest_seconds = {settings.relay_longest_seconds}",
        f"size_bytes_max = {settings.size_bytes_max}",
        f"scrypt_cost = {settings.scrypt_cost}",
    ]
    for route in settings.routes:
        lines += [
            "",
            "[[routes]]",
            f"domain = {_text(route.domain)}",
            f"host = {_text(route.host)}",
            f"port = {route.port}",
        ]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    if any(char < " " or char == "\x7f" for char in escaped):
        raise ValueError("a setting cannot hold a control character")
    return f'"{escaped}"'

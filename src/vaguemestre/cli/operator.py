"""`vaguemestre operator`: run the embedded mail operator, open its accounts, close it to programs and reopen it."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vaguemestre.cli.asking import ask_secret
from vaguemestre.cli.shell import (
    STATE_DEFAULT,
    ExitCode,
    JsonOption,
    LangOption,
    StateOption,
    emit_json,
    fail,
)
from vaguemestre.cli.texts import say
from vaguemestre.core.findings import Language, finding
from vaguemestre.core.mail.envelope import domain_of, is_address
from vaguemestre.core.mail.operator_policy import Service

if TYPE_CHECKING:
    from vaguemestre.edge.embedded_operator.control import Running
    from vaguemestre.edge.embedded_operator.settings import OperatorSettings, RouteSettings, StateFiles
    from vaguemestre.role.operator import OperatorEdges, Situation

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=say(
        "L'opérateur de messagerie embarqué.\n\nExemple : vaguemestre operator serve --state ./op-a --domain a.example",
        "The embedded mail operator.\n\nExample: vaguemestre operator serve --state ./op-a --domain a.example",
    ),
)

ServiceOption = Annotated[
    Service,
    typer.Option(
        "--service",
        help=say("pop3 : lire les boîtes ; submission : envoyer.", "pop3: reading mailboxes; submission: sending."),
    ),
]


@app.command(
    help=say(
        "Fait tourner l'opérateur jusqu'à Ctrl-C. La première fois, --domain crée ses réglages.\n\n"
        "Exemple : vaguemestre operator serve --state ./op-a --domain a.example --route caisse.example=127.0.0.1:2525",
        "Run the operator until Ctrl-C. The first time, --domain makes its settings.\n\n"
        "Example: vaguemestre operator serve --state ./op-a --domain a.example --route fund.example=127.0.0.1:2525",
    )
)
def serve(
    state: StateOption = STATE_DEFAULT,
    domain: Annotated[
        list[str], typer.Option("--domain", help=say("Domaine de ses boîtes (répétable).", "Domain (repeatable)."))
    ] = [],  # noqa: B006 (Typer copies it)
    route: Annotated[
        list[str],
        typer.Option(
            "--route",
            metavar=say("DOMAINE=HOTE:PORT", "DOMAIN=HOST:PORT"),
            help=say("Où va le courrier d'un autre domaine (répétable).", "Where another domain's mail goes."),
        ),
    ] = [],  # noqa: B006
    submission_port: Annotated[
        int | None, typer.Option("--submission-port", min=0, max=65535, help=say("Port d'envoi.", "Port for sending."))
    ] = None,
    reception_port: Annotated[
        int | None,
        typer.Option("--reception-port", min=0, max=65535, help=say("Port entre serveurs.", "Port for other servers.")),
    ] = None,
    pop3_port: Annotated[
        int | None, typer.Option("--pop3-port", min=0, max=65535, help=say("Port de lecture.", "Port for collecting."))
    ] = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    from vaguemestre.edge.embedded_operator.server import run_operator

    files = _files(state)
    routes = tuple(_route(text) for text in route)
    settings = _settings_for(files, tuple(domain), routes, _Ports(submission_port, reception_port, pop3_port))
    interrupted = run_operator(settings, files, lambda running: _say_ready(running, as_json))
    return ExitCode.INTERRUPTED if interrupted else ExitCode.DONE


@app.command(
    help=say(
        "Ouvre un compte, ou renouvelle son mot de passe (demandé, ou première ligne d'un fichier).\n\n"
        "Exemple : vaguemestre operator account dr.martin@a.example --state ./op-a",
        "Open an account, or renew its password (asked for, or the first line of a file).\n\n"
        "Example: vaguemestre operator account dr.martin@a.example --state ./op-a",
    )
)
def account(
    address: Annotated[str, typer.Argument(help=say("Adresse du compte.", "The account's address."))],
    state: StateOption = STATE_DEFAULT,
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help=say("Fichier du mot de passe.", "Password file.")),
    ] = None,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    from vaguemestre.edge.embedded_operator.control import read_running
    from vaguemestre.edge.embedded_operator.process import put_accounts_at_rest
    from vaguemestre.edge.embedded_operator.settings import load_settings
    from vaguemestre.role.operator import open_account

    files = _files(state)
    if not files.settings.exists():
        fail(finding("D012", path=state), ExitCode.ENVIRONMENT)
    settings = load_settings(files)
    if not is_address(address) or domain_of(address) not in {name.lower() for name in settings.domains}:
        hint = ", ".join(settings.domains)
        raise typer.BadParameter(say(f"attendu : nom@{hint}", f"expected: name@{hint}"), param_hint="ADDRESS")
    if password_file is not None:
        password = password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    else:
        password = ask_secret("Mot de passe", "Password")
    if read_running(files) is not None:
        open_account(_edges(state), address, password)
    else:
        put_accounts_at_rest(files, settings, [(address, password)])
    if as_json:
        emit_json({"exit_code": 0, "findings": [], "address": address})
    else:
        typer.echo(say(f"Compte ouvert : {address}", f"Account open: {address}"))
    return ExitCode.DONE


@app.command(
    help=say(
        "Ferme un service à tous les logiciels, comme le 27 avril 2022 ; les boîtes gardent leur contenu.\n\n"
        "Exemple : vaguemestre operator suspend --state ./op-a --service pop3",
        "Close a service to every program, as on 27 April 2022; mailboxes keep what they hold.\n\n"
        "Example: vaguemestre operator suspend --state ./op-a --service pop3",
    )
)
def suspend(
    state: StateOption = STATE_DEFAULT,
    service: ServiceOption = Service.POP3,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    from vaguemestre.role.operator import suspend as close

    return _show(close(_edges(state), service), lang, as_json)


@app.command(
    help=say(
        "Rouvre un service à tous.\n\nExemple : vaguemestre operator reopen --state ./op-a",
        "Open a service again to everyone.\n\nExample: vaguemestre operator reopen --state ./op-a",
    )
)
def reopen(
    state: StateOption = STATE_DEFAULT,
    service: ServiceOption = Service.POP3,
    lang: LangOption = "fr",
    as_json: JsonOption = False,
) -> int:
    """See the help text above."""
    from vaguemestre.role.operator import reopen as open_again

    return _show(open_again(_edges(state), service), lang, as_json)


@app.command(
    help=say(
        "Montre ce qui est ouvert, ce qui attend et ce qui a été compté.\n\n"
        "Exemple : vaguemestre operator status --state ./op-a",
        "Show what is open, what waits and what was counted.\n\nExample: vaguemestre operator status --state ./op-a",
    )
)
def status(state: StateOption = STATE_DEFAULT, lang: LangOption = "fr", as_json: JsonOption = False) -> int:
    """See the help text above."""
    from vaguemestre.role.operator import look

    return _show(look(_edges(state)), lang, as_json)


def _files(state: Path) -> "StateFiles":
    from vaguemestre.edge.embedded_operator.settings import StateFiles

    return StateFiles(state)


class _Ports(NamedTuple):
    """The ports that a command line names; None where it names none."""

    submission: int | None
    reception: int | None
    pop3: int | None

    def on(self, settings: "OperatorSettings") -> "OperatorSettings":
        """The settings with these ports in place of theirs."""
        return replace(
            settings,
            submission_port=settings.submission_port if self.submission is None else self.submission,
            reception_port=settings.reception_port if self.reception is None else self.reception,
            pop3_port=settings.pop3_port if self.pop3 is None else self.pop3,
        )


def _settings_for(
    files: "StateFiles", domains: tuple[str, ...], routes: tuple["RouteSettings", ...], ports: "_Ports"
) -> "OperatorSettings":
    """The settings of this state. What the first command line gives is written there, as are domains later on; the rest holds for
    this run."""
    from vaguemestre.edge.embedded_operator.settings import OperatorSettings, load_settings, settings_text
    from vaguemestre.edge.embedded_operator.store import OperatorStore

    known = load_settings(files) if files.settings.exists() else None
    if known is None and not domains:
        raise typer.BadParameter(
            say("indiquez le domaine de ses boîtes", "name the domain of its mailboxes"), param_hint="--domain"
        )
    settings = known or OperatorSettings(domains[0].partition(".")[0], domains)
    if known is None or (domains and domains != known.domains):
        settings = replace(settings, domains=domains, routes=routes or settings.routes)
        files.directory.mkdir(parents=True, exist_ok=True)
        if known is None:  # settings are written after the store: where they stand, a store was made
            settings = ports.on(settings)
            OperatorStore(files.store, create=True).close()
        files.settings.write_text(settings_text(settings), encoding="utf-8")
    return ports.on(replace(settings, routes=routes or settings.routes))


def _edges(state: Path) -> "OperatorEdges":
    from vaguemestre.edge.embedded_operator.control import OperatorControl
    from vaguemestre.role.operator import OperatorEdges

    return OperatorEdges(OperatorControl(state))


def _route(text: str) -> "RouteSettings":
    from vaguemestre.edge.embedded_operator.settings import RouteSettings

    domain, separator, place = text.partition("=")
    host, colon, port = place.rpartition(":")
    if not (domain and separator and host and colon and port.isdigit() and 0 < int(port) < 65536):
        raise typer.BadParameter(
            say("écrivez DOMAINE=HOTE:PORT", "write DOMAIN=HOST:PORT"), param_hint=f"--route {text}"
        )
    return RouteSettings(domain.lower(), host.strip("[]"), int(port))


def _say_ready(running: "Running", as_json: bool) -> None:
    ports = running.ports
    if as_json:
        emit_json({"host": running.host, "ports": asdict(ports)})
    else:
        where = say(
            f"L'opérateur écoute sur {running.host} : envoi {ports.submission}, lecture {ports.pop3}, "
            f"réception {ports.reception}. Ctrl-C pour l'arrêter.",
            f"The operator listens on {running.host}: sending {ports.submission}, collecting {ports.pop3}, "
            f"reception {ports.reception}. Ctrl-C stops it.",
        )
        typer.echo(where)


def _show(situation: "Situation", lang: Language, as_json: bool) -> int:
    figures = situation.figures
    if as_json:
        services = {service.value: is_open for service, is_open in situation.services.items()}
        emit_json({"exit_code": 0, "findings": [], "services": services, "figures": asdict(figures)})
        return ExitCode.DONE
    words = {True: say("ouvert", "open"), False: say("FERMÉ", "CLOSED")}
    names = {
        Service.POP3: say("Lecture des boîtes (POP3)", "Reading mailboxes (POP3)"),
        Service.SUBMISSION: say("Envoi (SMTP)", "Sending (SMTP)"),
    }
    colon = " : " if lang == "fr" else ": "
    for service, is_open in situation.services.items():
        typer.echo(f"{names[service]}{colon}{words[is_open]}")
    lines = (
        (say("Messages envoyés", "Messages sent"), figures.sent),
        (say("Messages relevés", "Messages collected"), figures.collected),
        (say("Connexions refusées", "Logins refused"), figures.refused),
        (say("En attente vers d'autres domaines", "Waiting for other domains"), figures.queue_length),
        (say("Dans les boîtes", "In mailboxes"), figures.in_mailboxes),
        (say("Enfermés dans les boîtes", "Locked in mailboxes"), situation.locked_in),
    )
    for name, number in lines:
        typer.echo(f"{name}{colon}{number}")
    return ExitCode.DONE

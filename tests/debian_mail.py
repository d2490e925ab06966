"""A mail operator made of Debian's own Postfix and Dovecot, on loopback: what most practices' operators run in some form."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vaguemestre.edge.clock import SystemClock
from vaguemestre.edge.mail.tls import LOOPBACK_NAMES, TlsFiles, ensure_server_certificate

DOVECOT = """
base_dir = {run}
protocols = pop3
listen = 127.0.0.1
log_path = {root}/dovecot.log
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
first_valid_uid = 0
mail_location = maildir:{root}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
auth_mechanisms = plain
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = home={root}/home
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {pop3}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service auth {{
  unix_listener sasl {{
    mode = 0666
  }}
}}
"""
POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = /var/log/{name}.log
myhostname = a.example
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
message_size_limit = 30000000
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
transport_maps = inline:{{ {routes} }}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {run}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
"""
POSTFIX_MASTER = """
{submission} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes
{reception} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
smtp unix - - n - - smtp
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
scache unix - - n - 1 scache
"""


class Ports(NamedTuple):
    """Where it listens: submission and POP3 over TLS, reception without."""

    submission: int
    reception: int
    pop3: int


class DebianMail(NamedTuple):
    """A running operator. `mailbox` is where a message for `address` is laid down by hand."""

    ports: Ports
    tls: TlsFiles
    root: Path

    def put(self, address: str, name: str, content: bytes) -> None:
        """Lay a message in a mailbox, as a delivery agent does."""
        path = self.root / "mail" / address / "new" / name
        path.write_bytes(content)
        os.chown(path, *_owner())

    def logs(self) -> str:
        """What both servers said."""
        paths = (self.root / "dovecot.log", _mail_log(self.root))
        return "\n".join(path.read_text("utf-8", "replace") for path in paths if path.exists())


@contextlib.contextmanager
def debian_mail(
    root: Path,
    ports: Ports,
    accounts: tuple[str, ...],
    password: str,
    routes: dict[str, int],
    domain: str = "a.example",
) -> Iterator[DebianMail]:
    """Postfix and Dovecot with these accounts, which hand a routed domain's mail to a port of this machine. As root.

    `password`: every account's, without a space.
    """
    _let_pass(root)
    uid, gid = _owner()
    for account in accounts:
        for name in ("new", "cur", "tmp"):
            (root / "mail" / account / name).mkdir(parents=True)
    for name in ("home", "queue", "data", "postfix"):
        (root / name).mkdir()
    for path in (root / "mail", *(root / "mail").rglob("*"), root / "home"):
        os.chown(path, uid, gid)
    os.chown(root / "data", _ids("postfix")[0], -1)
    tls = ensure_server_certificate(root, LOOPBACK_NAMES, SystemClock().now())
    values = {
        **ports._asdict(),
        "root": root,
        "name": _mail_log(root).stem,
        "run": Path(f"/run/vgm-mail-{os.getpid()}"),  # the names of sockets are short
        "certificate": tls.certificate,
        "key": tls.key,
        "uid": uid,
        "gid": gid,
        "password": password,
        "domain": domain,
        "mailboxes": ", ".join(f"{{ {account} = {account}/ }}" for account in accounts),
        "routes": ", ".join(f"{{ {name} = smtp:[127.0.0.1]:{port} }}" for name, port in routes.items()),
    }
    (root / "dovecot.conf").write_text(DOVECOT.format(**values), encoding="ascii")
    (root / "postfix" / "main.cf").write_text(POSTFIX_MAIN.format(**values), encoding="ascii")
    (root / "postfix" / "master.cf").write_text(POSTFIX_MASTER.format(**values), encoding="ascii")
    with subprocess.Popen(["dovecot", "-F", "-c", str(root / "dovecot.conf")]) as dovecot:
        try:
            subprocess.run(["postfix", "-c", str(root / "postfix"), "start"], check=True, capture_output=True)
            yield DebianMail(ports, tls, root)
        finally:
            subprocess.run(["postfix", "-c", str(root / "postfix"), "stop"], check=False, capture_output=True)
            dovecot.send_signal(signal.SIGTERM)
            dovecot.wait(20)
            shutil.rmtree(str(values["run"]), ignore_errors=True)
            _mail_log(root).unlink(missing_ok=True)


def _owner() -> tuple[int, int]:
    return _ids("nobody")


def _ids(name: str) -> tuple[int, int]:
    import pwd  # where there is none, nothing here runs

    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


def _let_pass(root: Path) -> None:
    """The servers' own users walk through the directories above theirs."""
    for directory in (root, *root.parents):
        mode = directory.stat().st_mode
        if directory.stat().st_uid == 0 and not mode & 0o001:
            directory.chmod(mode | 0o011)


def _mail_log(root: Path) -> Path:
    """Postfix writes under /var/log alone."""
    return Path("/var/log") / f"vgm-{os.getpid()}-{root.name}.log"
